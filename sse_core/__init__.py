from .errors import *
from .limits import *
from .wire import *
from .encode import *
__version__ = "0.1.0"
