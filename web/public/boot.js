// Runs before the first paint: the page must not flash in the wrong colours or the wrong language.
(function () {
  var root = document.documentElement;
  var kept = {};
  try {
    kept = { theme: localStorage.getItem("lookalike.theme"), language: localStorage.getItem("lookalike.language") };
  } catch (_) {
    // Storage is forbidden: the system's settings decide.
  }
  if (kept.theme === "light" || kept.theme === "dark") root.dataset.theme = kept.theme;
  var languages = (kept.language ? [kept.language] : []).concat(navigator.languages || []);
  var known = languages.map((tag) => tag.slice(0, 2)).find((tag) => tag === "en" || tag === "es");
  if (known === "es") {
    root.lang = "es";
    // The file holds English; the page shows itself once it speaks Spanish.
    root.dataset.waking = "";
  }
})();
