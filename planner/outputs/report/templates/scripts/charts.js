// Charts are drawn one at a time, so that the figures above them can be read meanwhile.
{
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const phone = matchMedia("(max-width: 600px)");
  const paper = { width: 690, mostHeight: 780 };

  const recolour = (node, map) => {
    if (typeof node === "string") return map[node] ?? node;
    if (Array.isArray(node)) return node.map((child) => recolour(child, map));
    if (node && typeof node === "object")
      return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, recolour(child, map)]));
    return node;
  };

  const isPlain = (node) => node && typeof node === "object" && !Array.isArray(node);
  const merge = (base, over) => {
    for (const [key, value] of Object.entries(over))
      base[key] = isPlain(value) && isPlain(base[key]) ? merge(base[key], value) : value;
    return base;
  };

  const start = ({ charts, on_dark: onDark }) => {
    // Paper is white and narrow whatever the screen is, so charts are drawn again for it.
    const drawOne = (id, onPaper) => {
      const drawn = recolour(charts[id], dark.matches && !onPaper ? onDark : {});
      if (phone.matches && !onPaper && drawn.narrow) {
        merge(drawn.layout, drawn.narrow.layout);
        drawn.narrow.data.forEach((over, trace) => merge(drawn.data[trace], over));
      }
      if (onPaper)
        Object.assign(drawn.layout, { width: paper.width, height: Math.min(drawn.layout.height, paper.mostHeight) });
      Plotly.react(id, drawn.data, drawn.layout, { displayModeBar: false, responsive: true });
    };
    const draw = (onPaper) => Object.keys(charts).forEach((id) => drawOne(id, onPaper));
    for (const media of [dark, phone]) media.addEventListener("change", () => draw(false));
    addEventListener("beforeprint", () => draw(true));
    addEventListener("afterprint", () => draw(false));
    const waiting = Object.keys(charts);
    const next = () => {
      const id = waiting.shift();
      if (!id) {
        performance.mark("charts drawn");
        root.dataset.charts = "drawn";
        return;
      }
      drawOne(id, false);
      setTimeout(next);
    };
    next();
  };

  const load = async () => {
    const figures = JSON.parse(await unpack("figures"));
    const library = document.createElement("script");
    library.textContent = await unpack("plotly");
    document.head.append(library);
    start(figures);
  };
  const giveUp = () => {
    for (const place of document.querySelectorAll(".chart")) {
      place.style.minHeight = 0;
      place.textContent = "This browser is too old to draw the chart. The table below it has its figures.";
    }
    root.dataset.charts = "none";
  };
  if (window.DecompressionStream) requestAnimationFrame(() => setTimeout(load));
  else giveUp();
}
