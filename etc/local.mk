confdir = $(sysconfdir)/asyncprobed
dist_conf_DATA = etc/asyncprobed.conf
