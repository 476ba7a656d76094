// Staff may pin the light or the dark look. Runs before the first paint, so the page never flashes.
// The look is the only thing kept on the device.
(() => {
  const read = () => {
    try {
      return localStorage.getItem("hotline.theme") ?? "system";
    } catch {
      return "system";
    }
  };
  const show = (theme) => {
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
  };
  show(read());
  document.addEventListener("DOMContentLoaded", () => {
    const fieldset = document.getElementById("theme");
    if (!fieldset) return;
    for (const radio of fieldset.querySelectorAll("input")) {
      radio.checked = radio.value === read();
      radio.addEventListener("change", () => {
        show(radio.value);
        try {
          localStorage.setItem("hotline.theme", radio.value);
        } catch {
          // A browser that keeps nothing still shows the chosen look until the page is left.
        }
      });
    }
  });
})();
