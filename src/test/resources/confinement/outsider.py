"""A process of the server's user that is no run: what runs try to reach. Prints a line once it can be reached, and stays."""

import os
import socket
import sys
import time

directory = sys.argv[1]
tcp = socket.socket()
tcp.bind(("127.0.0.1", 0))
tcp.listen(50)
by_path = socket.socket(socket.AF_UNIX)
by_path.bind(os.path.join(directory, "outsider.sock"))
by_path.listen(50)
abstract = socket.socket(socket.AF_UNIX)
abstract.bind("\0outsider-%d" % os.getpid())
abstract.listen(50)
print(os.getpid(), tcp.getsockname()[1], flush=True)
time.sleep(3600)
