"""Training runs: the queue and its processes, and what goes on inside a worker.

The server may import ``launcher``, ``devices`` and ``artefacts``. ``trainer``,
``callbacks``, ``batches``, ``backend`` and ``gpu_check`` load Keras and belong to worker
processes.
"""
