# Thin: meson and ninja do the work. Every target installs what it lacks on Debian (tools/deps).
BUILD ?= build
INQUEST = $(BUILD)/inquest
DEMO = $(BUILD)/fixtures

.PHONY: all help program demo check check-quick check-peers check-lab bench fuzz install clean

all: program
	@ninja -C $(BUILD)

help:
	@echo "make              build all: $(INQUEST) and the tests"
	@echo "make demo         build, and open a real crash that is in the repository"
	@echo "make check        all tests that need only the repository (check-quick: without sanitizers and fuzzing)"
	@echo "make check-peers  the same questions asked of crash, drgn and objdump"
	@echo "make check-lab    boot and crash real kernels in QEMU"
	@echo "make bench        time and memory, beside crash and drgn"
	@echo "make fuzz         every fuzz target for SECONDS_EACH=60 seconds"
	@echo "make install      into DESTDIR and /usr/local (meson configure $(BUILD) -Dprefix=/usr: elsewhere)"
	@echo "make clean        remove $(BUILD)"

program:
	@tools/deps build
	@test -f $(BUILD)/build.ninja || meson setup $(BUILD) -Dtests=auto
	@ninja -C $(BUILD) inquest

# A real crash in the repository.
demo: program
	@tests/fixtures/unpack $(DEMO)
	$(INQUEST) $(DEMO)/kfunc-6.1.47-la57.flat

check:
	@tools/deps build test fuzz
	@tests/check --build $(BUILD)

check-quick:
	@tools/deps build test
	@tests/check --build $(BUILD) --quick

fuzz:
	@tools/deps build fuzz
	@tests/check --build $(BUILD) --fuzz-only --fuzz-seconds $(or $(SECONDS_EACH),60)

check-peers: all
	@tools/deps peers
	@tests/fixtures/unpack $(DEMO)
	@INQUEST=$(abspath $(INQUEST)) FIXTURES=$(abspath $(DEMO)) tests/peers/run

check-lab: all
	@tools/deps lab
	@INQUEST=$(abspath $(INQUEST)) lab/check

# DUMP names another dump, VMLINUX its kernel with DWARF (default: what lab/get-kernel brings, 855 MB), DRGN drgn's command.
bench:
	@tools/deps build peers bench
	@test -f $(BUILD)-release/build.ninja || meson setup $(BUILD)-release --buildtype=release -Dtests=disabled
	@ninja -C $(BUILD)-release
	@tests/fixtures/unpack $(BUILD)-release/fixtures
	@$(BUILD)-release/tests/tools/repack -c zlib -F $(BUILD)-release/fixtures/kfunc-6.1.47-la57.flat $(BUILD)-release/fixtures/bench.flat
	@INQUEST=$(abspath $(BUILD))-release/inquest VMLINUX=$${VMLINUX:-$$(lab/get-kernel --debug 6.1.0-47-amd64)} \
	  tests/bench/bench $(or $(DUMP),$(BUILD)-release/fixtures/bench.flat)

install: program
	@ninja -C $(BUILD) product
	meson install -C $(BUILD) --no-rebuild $(if $(DESTDIR),--destdir $(DESTDIR))

clean:
	rm -rf $(BUILD) $(BUILD)-asan $(BUILD)-fuzz $(BUILD)-release
