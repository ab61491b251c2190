"""Numbers from saved predictions, with intervals.

Figures and most pages import these modules for the types of their results, long before there
is anything to compute. So scikit-learn and SciPy, which take over a second to load, are
imported by the functions that compute with them.
"""
