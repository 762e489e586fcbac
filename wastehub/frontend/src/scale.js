// A scale that says its weight by Bluetooth: the Weight Scale service of the Bluetooth SIG (0x181D), whose Weight Measurement
// (0x2A9D) is: one byte of flags, then 16 bits, little endian: 5 g steps, or 0.01 lb when bit 0 of the flags is set.
// An adapter is {name, onWeight(grams | null), stop()}; another kind of scale gets another `connect` of that shape.
export const SERVICE = 0x181d;
export const MEASUREMENT = 0x2a9d;
const SI_STEP_G = 5;
const POUND_STEP_G = 4.5359237;
const NO_WEIGHT = 0xffff;

export const hasBluetooth = () => Boolean(navigator.bluetooth?.requestDevice);

// Grams, or null when the scale says that it could not weigh, or something that is no weight.
export function parseWeight(view) {
  if (view.byteLength < 3) return null;
  const steps = view.getUint16(1, true);
  if (steps === NO_WEIGHT) return null;
  return Math.round(steps * (view.getUint8(0) & 1 ? POUND_STEP_G : SI_STEP_G));
}

// Asks the person for a scale, and tells every weighing. Throws what the browser throws: NotFoundError when none was chosen.
export async function connect(onWeight, onLost = () => {}) {
  const device = await navigator.bluetooth.requestDevice({ filters: [{ services: [SERVICE] }] });
  device.addEventListener('gattserverdisconnected', onLost);
  const server = await device.gatt.connect();
  const service = await server.getPrimaryService(SERVICE);
  const measurement = await service.getCharacteristic(MEASUREMENT);
  const heard = ({ target }) => onWeight(parseWeight(target.value));
  measurement.addEventListener('characteristicvaluechanged', heard);
  await measurement.startNotifications();
  return {
    name: device.name ?? '',
    stop() {
      measurement.removeEventListener('characteristicvaluechanged', heard);
      device.removeEventListener('gattserverdisconnected', onLost);
      device.gatt.disconnect();
    },
  };
}
