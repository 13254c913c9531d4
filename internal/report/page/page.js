"use strict";
// Shows the first pictures of each contact sheet in its row: the page holds their bytes once.
for (const link of document.querySelectorAll("a.images")) {
  const pictures = [...document.querySelectorAll(`${link.hash} img`)].slice(0, 3).map((image) => image.cloneNode());
  pictures.forEach((image) => (image.alt = ""));
  link.prepend(...pictures);
}
// Filters the table, and the contact sheets with it. Without it, all rows are shown.
(() => {
  const words = document.getElementById("words");
  if (!words) return;
  const shown = document.getElementById("shown");
  const actions = [...document.querySelectorAll("input[name=action]")];
  const rows = [...document.querySelectorAll("tbody tr")].map((row) => ({
    row,
    sheet: row.dataset.sheet && document.getElementById(row.dataset.sheet),
    text: row.textContent.toLowerCase(),
  }));
  function filter() {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const on = new Set(actions.filter((a) => a.checked).map((a) => a.value));
    let count = 0;
    for (const { row, sheet, text } of rows) {
      const fits = on.has(row.className) && wanted.every((w) => text.includes(w));
      row.hidden = !fits;
      if (sheet) sheet.hidden = !fits;
      if (fits) count++;
    }
    shown.textContent = `${count} of ${rows.length} tasks shown`;
  }
  let pending;
  words.form.addEventListener("submit", (e) => e.preventDefault());
  words.form.addEventListener("input", () => {
    cancelAnimationFrame(pending);
    pending = requestAnimationFrame(filter);
  });
  filter();
})();
