// Every table can be saved as CSV, raw, with its columns named as in the run's tables.
{
  // Excel would reckon a text that begins so as a formula, and takes ' for the mark of a text.
  const marked = (text) => (/^[=+\-@\t\r']/.test(text) ? `'${text}` : text);
  const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const cell = (value) => (value === null ? "" : typeof value === "string" ? quoted(marked(value)) : String(value));

  const asCsv = (table, store) => {
    const columns = Object.values(table);
    const lines = [Object.keys(table).map((name) => quoted(marked(name))).join(",")];
    for (let row = 0; row < (columns[0]?.length ?? 0); row += 1)
      if (store === undefined || table.store_id[row] === store)
        lines.push(columns.map((column) => cell(column[row])).join(","));
    return "\ufeff" + lines.map((line) => `${line}\r\n`).join("");
  };

  let tables;
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("button.csv");
    if (!button) return;
    tables ??= unpack("tables").then(JSON.parse);
    const { csv: name, store } = button.dataset;
    const part = store === undefined ? "" : `-${store.replace(/[^\p{L}\p{N}_.-]+/gu, "_")}`;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([asCsv((await tables)[name], store)], { type: "text/csv" }));
    link.download = `${byId("tables").dataset.stem}-${name}${part}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });
}
