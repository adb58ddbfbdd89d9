"""The dashboard's web server: Voilà with our settings, its kernels, and how it writes pages."""
