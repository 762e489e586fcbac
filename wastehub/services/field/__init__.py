"""What crews' phones report: devices, their signed events, and what people have to decide about them."""
