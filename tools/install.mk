# install.mk: what `make install` puts where; included by the Makefile.
#
#   make install                          into /usr/local
#   make install PREFIX=$HOME/.local      into a folder of one's own
#   make install DESTDIR=/tmp/root        into a tree that becomes a package or an image
#   make install INSTALL_PROGRAM="install -s"    without symbols
#   make install-files                    the same of what is built already
#   make dist                             a source tarball of the last commit, in $(BUILD)
#   make dist-check                       unpacks, builds and tests that (CSILINK_TESTS says what);
#                                         REUSE=1 takes this build's objects along
#   make deb                              a Debian package, in $(BUILD)/deb (tools/make-deb.sh)
#   make install libdir=/usr/lib/x86_64-linux-gnu    where the library goes, by itself PREFIX/lib;
#                                         also includedir, pythondir
#   make uninstall                        takes the same files away, with the same PREFIX, DESTDIR
#
# Programs look for their files in ../share/csilink, seen from their own folder, so an installed
# tree may be moved as a whole.

PREFIX ?= /usr/local
INSTALL ?= install
INSTALL_PROGRAM ?= $(INSTALL)
INSTALL_DATA ?= $(INSTALL) -m 644

MAN := $(BUILD)/man
UNITS := $(patsubst deploy/systemd/%.in,$(BUILD)/systemd/%,$(wildcard deploy/systemd/*.service.in))

bindir = $(PREFIX)/bin
datadir = $(PREFIX)/share
docdir = $(datadir)/doc/csilink
share = $(datadir)/csilink
unitdir ?= $(PREFIX)/lib/systemd/system
libdir ?= $(PREFIX)/lib
includedir ?= $(PREFIX)/include
# Where Debian's Python looks: by version under /usr/local, without it under /usr.
PYTHON_FOLDER := $(or $(lastword $(sort $(notdir $(wildcard /usr/lib/python3.[0-9]*)))),python3)
pythondir ?= $(PREFIX)/lib/$(if $(filter /usr,$(PREFIX)),python3,$(PYTHON_FOLDER))/dist-packages
PKGCONFIG := $(BUILD)/csilink.pc

# A list of source:target. Nothing else is installed, and all of it is uninstalled.
# put: files, their folder, and a name if it is to be another.
INSTALLED :=
put = $(foreach file,$(1),$(eval INSTALLED += $(file):$(2)/$(or $(3),$(notdir $(file)))))
$(call put,$(PROGRAMS:%=$(BIN)/%),$(bindir))
$(call put,include/csilink.h,$(includedir))
$(call put,$(SHARED).$(ABI) $(STATIC),$(libdir))
$(call put,$(PKGCONFIG),$(libdir)/pkgconfig)
$(call put,$(wildcard python/csilink/*.py),$(pythondir)/csilink)
$(call put,$(wildcard models/*.*),$(share)/models)
$(call put,$(wildcard models/architectures/*.yaml),$(share)/models/architectures)
$(call put,$(wildcard models/targets/*.json),$(share)/models/targets)
$(call put,$(wildcard models/recipes/*.*),$(share)/models/recipes)
$(call put,$(wildcard models/recipes/zoo/*.*),$(share)/models/recipes/zoo)
$(call put,$(wildcard scenarios/*.yaml),$(share)/scenarios)
$(call put,$(wildcard leagues/*.yaml),$(share)/leagues)
$(call put,$(wildcard reproductions/*.yaml),$(share)/reproductions)
$(call put,$(wildcard tools/import/*.py),$(share)/import)
$(call put,$(wildcard deploy/grafana/*.json),$(share)/grafana)
$(call put,$(wildcard deploy/systemd/*.env),$(share)/systemd)
$(call put,$(UNITS),$(unitdir))
$(call put,completions/csilink.bash,$(datadir)/bash-completion/completions,csilink)
$(call put,completions/_csilink,$(datadir)/zsh/site-functions)
$(call put,completions/csilink.fish,$(datadir)/fish/vendor_completions.d)
$(call put,$(wildcard $(MAN)/*.1),$(datadir)/man/man1)
$(call put,README.md $(wildcard LICENSE* COPYING* monitor/assets/*.LICENSE),$(docdir))
$(call put,$(wildcard docs/*.md docs/*.png docs/*.svg),$(docdir)/docs)

.PHONY: man install install-files uninstall dist dist-check deb

man: $(MAN)/made
$(MAN)/made: $(PROGRAMS:%=$(BIN)/%) tools/make-man.sh $(wildcard docs/man/*) VERSION
	$(call say,MAN $(MAN))tools/make-man.sh $(abspath $(BIN)) $(abspath $(MAN))
	@touch $@

source = $(firstword $(subst :, ,$(1)))
target = $(DESTDIR)$(lastword $(subst :, ,$(1)))
installer = $(if $(filter $(BIN)/%,$(1)),$(INSTALL_PROGRAM),$(INSTALL_DATA))

install: all man
	@$(MAKE) --no-print-directory install-files

# Units name the programs by their paths, which this very PREFIX makes.
install-files:
	$(if $(word 2,x$(PREFIX)$(DESTDIR)),$(error PREFIX and DESTDIR cannot have blanks))
	@mkdir -p $(BUILD)/systemd
	$(Q)set -e; $(foreach unit,$(UNITS),\
	    sed 's|@bindir@|$(bindir)|' deploy/systemd/$(notdir $(unit)).in >$(unit);)
	$(Q)sed -e 's|@prefix@|$(PREFIX)|; s|@libdir@|$(libdir)|; s|@includedir@|$(includedir)|' \
	    -e 's|@version@|$(VERSION)|; s|@private@|$(strip $(PKG_LIBS_SHARED))|' deploy/csilink.pc.in >$(PKGCONFIG)
	$(Q)$(INSTALL) -d $(sort $(foreach item,$(INSTALLED),$(dir $(call target,$(item)))))
	$(Q)set -e; $(foreach item,$(INSTALLED),\
	    $(call installer,$(item)) $(call source,$(item)) $(call target,$(item));)
	$(Q)ln -sf libcsilink.so.$(ABI) $(DESTDIR)$(libdir)/libcsilink.so
	@echo "installed $(words $(INSTALLED)) files into $(DESTDIR)$(PREFIX)"

# Folders that are csilink's alone go when they are empty.
uninstall:
	$(Q)rm -f $(foreach item,$(INSTALLED),$(call target,$(item)))
	$(Q)rm -f $(patsubst %,$(DESTDIR)$(datadir)/man/man1/%.1,$(PROGRAMS) csilink-*)
	$(Q)for folder in $(share) $(docdir) $(pythondir)/csilink; do \
	    [ ! -d $(DESTDIR)$$folder ] || find $(DESTDIR)$$folder -depth -type d -empty -delete; done

dist:
	@tools/make-dist.sh $(abspath $(BUILD))

# In a folder of its own, with nothing of this one's.
DIST_TESTS = test_base test_option test_csi_transform test_codec cli.sh environment.sh install.sh \
             manual.sh package.sh
# With REUSE=1 this build's objects come along, copied in the order in which they were made, so that
# only what differs is compiled. A source or header that the tarball lacks still stops make.
dist-check: $(if $(REUSE),all)
	$(Q)rm -rf $(BUILD)/dist-check && mkdir -p $(BUILD)/dist-check
	$(Q)tools/make-dist.sh $(abspath $(BUILD)/dist-check)
	$(Q)tar -xf $(BUILD)/dist-check/*.tar.gz -C $(BUILD)/dist-check --strip-components=1
	$(if $(REUSE),$(Q)cd $(BUILD) && mkdir dist-check/build && cp -r gen flags dist-check/build && \
	    cp -r obj dist-check/build && cp libcommon.a dist-check/build)
	$(Q)env -u MAKEFLAGS -u BUILD $(MAKE) -j$(shell nproc) --no-print-directory \
	    -C $(BUILD)/dist-check CC="$(CC)" CSILINK_TESTS="$(or $(CSILINK_TESTS),$(DIST_TESTS))" test

deb:
	@tools/make-deb.sh $(abspath $(BUILD))
