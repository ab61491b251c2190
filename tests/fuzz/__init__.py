"""Damaged input of every kind, by the thousand: ``make fuzz``, or ``python -m tests.fuzz``.

Whatever comes in, a value comes out or a ThoraxLensError with a plain sentence: never another
exception, never a hang, never more memory than there is. A mutant is known by its target, the
seed and its number, and is the same on every machine.
"""
