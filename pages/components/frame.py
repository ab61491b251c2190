"""What surrounds every page: the name, the reminder, and dark as the look to begin with."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

HERE = Path(__file__).parent
ICON = HERE / "icon.svg"
LOGO = HERE / "logo.svg"
REMINDER = "For teaching and research.  \n**Not a diagnosis.**"

# A link whose words do not fit a telephone goes on in a second line, for Streamlit would cut it.
# Numbers stand at the right of their cells; their headings with them. The first column, and
# the table of what is known about one film, are words. A list of runs is read from the left.
STYLE = """<style>
[data-testid="stTable"] thead th:not(:first-child) {text-align: right !important}
.st-key-film_facts [data-testid="stTable"] thead th:not(:first-child) {text-align: left !important}
[data-testid="stPageLink"] :is(a, span, div, p) {white-space: normal; overflow: visible}
[class*="st-key-open_"] button > * {justify-content: flex-start; width: 100%; text-align: left}
[data-testid="stSidebarUserContent"] [data-testid="stCaptionContainer"] {padding-left: 0.5rem}
</style>"""

# Streamlit begins with what the browser asks for and has no setting to begin with dark
# (docs/adr/0006-themes.md). So, once a browser, we make the menu's choice “Dark” for it,
# where Streamlit keeps that choice. A choice that somebody has made is left alone.
DARK_FIRST = """<script>
(() => {
  const done = "thoraxlens-dark-first";
  const kept = (path) => `stActiveTheme-${path}-v2`;
  if (localStorage.getItem(done)) return;
  localStorage.setItem(done, "yes");
  if (localStorage.getItem(kept(location.pathname)) === '"Light"') return;
  const base = location.pathname.replace(/[^/]*$/, "");
  for (const page of ["", "explore", "prepare", "train", "compare", "report", "audit", "external",
                      "classify", "demonstration"])
    localStorage.setItem(kept(base + page), '"Dark"');
  localStorage.setItem(kept(location.pathname), '"Dark"');
  document.documentElement.style.visibility = "hidden";
  location.reload();
})();
</script>"""


def frame() -> None:
    """Draw it; ``app.py`` does so before each page."""
    st.logo(str(LOGO), size="large", icon_image=str(ICON))
    st.html(STYLE)
    with st.sidebar:
        st.caption(REMINDER)
        if st.context.theme.type == "light":
            st.html(DARK_FIRST, unsafe_allow_javascript=True)
