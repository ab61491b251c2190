"""Work on the nodes of a Ray cluster, which have the same program and no common disk.

The queue and the dispatcher stay where the data folder is, which is called the head here. A row
that a node can do is packed (``packing``), placed (``ray_cluster``) and carried out there by an
ordinary worker in a small data folder of its own (``node_work``); what it writes comes back piece
by piece, and the head alone puts it into the store and the row's folder (``receiving``).

Only ``ray_cluster`` imports Ray, in the dispatcher's process; nothing else here loads it.
"""
