// Comfort only: the form works without it. Groups digits, fills test cards in, and stops a second click.
const form = document.querySelector("[data-pay]");
if (form) {
  const number = form.querySelector("#card_number");
  const expiry = form.querySelector("#card_expiry");
  const cvc = form.querySelector("#card_cvc");
  const button = form.querySelector(".pay");

  const group = (digits) => digits.replace(/^(3[47])(\d{0,2})(\d{0,6})(\d{0,5}).*$/, "$1$2 $3 $4").trim();
  number.addEventListener("input", () => {
    if (number.selectionStart !== number.value.length) return; // do not move the caret while editing in the middle
    const digits = number.value.replace(/\D/g, "").slice(0, 19);
    number.value = /^3[47]/.test(digits) ? group(digits) : digits.replace(/(\d{4})(?=\d)/g, "$1 ");
  });
  expiry.addEventListener("input", (event) => {
    if (event.inputType && event.inputType.startsWith("delete")) return;
    let digits = expiry.value.replace(/\D/g, "").slice(0, 4);
    if (/^[2-9]/.test(digits)) digits = ("0" + digits).slice(0, 4);
    expiry.value = digits.length >= 2 ? digits.slice(0, 2) + " / " + digits.slice(2) : digits;
  });

  for (const code of form.querySelectorAll("[data-fill]")) {
    const fill = document.createElement("button");
    fill.type = "button";
    fill.className = "fill";
    fill.textContent = code.textContent;
    fill.setAttribute("aria-label", "Use test card " + code.textContent);
    fill.addEventListener("click", () => {
      number.value = code.textContent;
      expiry.value = "12 / 34";
      cvc.value = "123";
      const name = form.querySelector("#name");
      (name.value ? button : name).focus();
    });
    code.replaceWith(fill);
  }

  const label = button.textContent;
  form.addEventListener("submit", (event) => {
    if (button.getAttribute("aria-disabled") === "true") {
      event.preventDefault();
      return;
    }
    button.setAttribute("aria-disabled", "true");
    button.textContent = button.dataset.busy;
  });
  window.addEventListener("pageshow", () => {
    button.removeAttribute("aria-disabled"); // back from the next page: the button works again
    button.textContent = label;
  });

  const problem = document.getElementById("problem");
  if (problem) problem.focus();
}
