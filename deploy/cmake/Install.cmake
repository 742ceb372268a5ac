# SPDX-License-Identifier: MIT
# The installed tree: headers, libwsitrace, the preload library, the plugin, the program, a CMake package and a .pc file.
