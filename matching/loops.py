"""All compiled loops: only :mod:`matching.kernels` imports them, where numba is installed.

They say what the rest of the engine says with numpy, with the same additions in the same order.
"""

from matching.best_loops import answer as answer
from matching.best_loops import wanted as wanted
from matching.class_loops import judge_many as judge_many
from matching.crowd_loops import choose_sorted as choose_sorted
from matching.set_loops import count as count
from matching.set_loops import list_ids as list_ids
from matching.set_loops import narrow as narrow
from matching.text_loops import add_text as add_text
