module mirage.build

go 1.26

// Laid over the standard library by make.bash: not packages of this module.
ignore (
	./src
	./boot
	./drivers
	./build
)
