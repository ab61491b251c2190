"""One thin script a page; ``app.py`` names them in the order in which people work."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

SIDEBAR = 240  # px

# A folder called “pages” makes a fresh server run the script that the address names, past
# app.py (so without navigation and error boundary), until st.navigation has been called
# once. Whichever script comes first imports this package: send it back through app.py.
if get_script_run_ctx(suppress_warning=True) is not None and PagesManager.uses_pages_directory:
    PagesManager.uses_pages_directory = False
    # What this first run says of the sidebar is what the browser keeps.
    st.set_page_config(layout="wide", initial_sidebar_state=SIDEBAR)
    st.rerun()
