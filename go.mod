module mirage.build

go 1.26.0

// Laid over the standard library by make.bash: not packages of this module.
ignore (
	./boot
	./build
	./drivers
	./src
)

require (
	go.etcd.io/bbolt v1.4.3
	golang.org/x/arch v0.32.0
	golang.org/x/sys v0.49.0
)
