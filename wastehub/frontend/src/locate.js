// The place of a report, only when the person presses the button; the browser asks for leave.
const button = document.querySelector('[data-locate]');
const words = document.querySelector('[data-locate-words]');

function keep(place) {
  const { longitude, latitude, accuracy } = place.coords;
  document.querySelector('[data-locate-lon]').value = Math.round(longitude * 1e6);
  document.querySelector('[data-locate-lat]').value = Math.round(latitude * 1e6);
  document.querySelector('[data-locate-accuracy]').value = Math.round(accuracy);
  words.textContent = button.dataset.textFound.replace('{m}', Math.round(accuracy));
}

if (button && 'geolocation' in navigator) {
  button.hidden = false;
  button.addEventListener('click', () => {
    navigator.geolocation.getCurrentPosition(keep, () => { words.textContent = button.dataset.textFailed; }, {
      enableHighAccuracy: true, timeout: 10000, maximumAge: 60000,
    });
  });
}

// Pressed twice is sent once.
document.querySelector('[data-locate-form]')?.addEventListener('submit', (event) => {
  const send = event.currentTarget.querySelector('[type=submit]');
  if (send.dataset.sent) event.preventDefault();
  send.dataset.sent = '1';
});
