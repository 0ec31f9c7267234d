// A table that is wider than a phone stands there row under row, each cell with its heading.
const prepareTables = (within) => {
  for (const table of within.querySelectorAll(".scroll > table:not(#stores-table, .fits)")) {
    table.classList.add("stack");
    const names = [...(table.tHead?.rows[0].cells ?? [])].map((cell) =>
      [...cell.childNodes].filter((node) => node.nodeName !== "SMALL").map((node) => node.textContent).join("").trim());
    for (const row of table.tBodies[0]?.rows ?? [])
      for (const cell of row.cells)
        if (cell.colSpan === 1) cell.dataset.label = names[cell.cellIndex] ?? "";
  }
  // A box that does not scroll is no stop for the keyboard.
  const sized = new ResizeObserver((entries) => {
    for (const { target } of entries)
      if (target.scrollWidth > target.clientWidth || target.scrollHeight > target.clientHeight) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
  });
  for (const box of within.querySelectorAll(".scroll, .across")) sized.observe(box);
};
prepareTables(document);
