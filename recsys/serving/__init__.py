"""The dashboard's web server: Voilà with our settings, its kernels, and the pages it writes.

Must not know what is on the page.
"""
