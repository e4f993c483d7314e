// The functions without bodies in machine_mirage.go are the runtime's; this file lets them be declared.
