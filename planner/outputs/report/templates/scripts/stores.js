// The table of stores: sorted, filtered, opened.
(() => {
  const table = document.getElementById("stores-table");
  if (!table) return;
  const body = table.tBodies[0];
  const pairs = [...body.querySelectorAll("tr.store")].map((row) => {
    const next = row.nextElementSibling;
    return { row, detail: next && next.classList.contains("detail") ? next : null };
  });

  const show = (pair, open) => {
    if (!pair.detail) return;
    pair.detail.hidden = !open || pair.row.hidden;
    pair.row.querySelector(".open").setAttribute("aria-expanded", String(open));
  };
  const isOpen = (pair) => pair.row.querySelector(".open")?.getAttribute("aria-expanded") === "true";
  for (const pair of pairs)
    pair.row.querySelector(".open")?.addEventListener("click", () => show(pair, !isOpen(pair)));

  const openLinked = () => {
    const pair = pairs.find(({ row }) => row.id === location.hash.slice(1));
    if (!pair) return;
    show(pair, true);
    pair.row.scrollIntoView();
  };
  addEventListener("hashchange", openLinked);
  openLinked();

  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    const button = heading.querySelector(".sort");
    if (!button) return;
    button.addEventListener("click", () => {
      const numeric = heading.classList.contains("num");
      const before = heading.getAttribute("aria-sort");
      const first = numeric ? "descending" : "ascending";
      const second = numeric ? "ascending" : "descending";
      const order = before === first ? second : first;
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", order);
      const sign = order === "ascending" ? 1 : -1;
      const key = ({ row }) => row.cells[column].dataset.sort ?? row.cells[column].textContent.trim();
      pairs.sort((left, right) => {
        const a = key(left), b = key(right);
        if (!numeric) return sign * a.localeCompare(b, document.documentElement.lang, { numeric: true });
        if (a === "" || b === "") return (a === "") - (b === "");
        return sign * (Number(a) - Number(b));
      });
      body.append(...pairs.flatMap(({ row, detail }) => (detail ? [row, detail] : [row])));
    });
  });

  const search = document.getElementById("filter-text");
  const region = document.getElementById("filter-region");
  const only = document.getElementById("filter-clear");
  const count = document.getElementById("filter-count");
  const filter = () => {
    const words = search.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const pair of pairs) {
      const text = pair.row.dataset.search.toLocaleLowerCase();
      const fits = words.every((word) => text.includes(word))
        && (!region || region.value === "" || pair.row.dataset.region === region.value)
        && (!only.checked || pair.row.dataset.noise === "no");
      pair.row.hidden = !fits;
      shown += fits;
      show(pair, isOpen(pair));
    }
    count.textContent = `${shown} of ${pairs.length} stores`;
  };
  for (const control of [search, region, only]) control?.addEventListener("input", filter);
})();
