// bench_go: an echo server as one would write it in Go, with mdlayher/vsock
// where the socket is AF_VSOCK and with package net where it is AF_UNIX.
//
// It finds its listening socket at descriptor 3 and serves until it is killed.
// Its arguments are those of every contender and mean nothing here.
package main

import (
	"fmt"
	"net"
	"os"
	"runtime"

	"github.com/mdlayher/vsock"
	"golang.org/x/sys/unix"
)

const (
	listenerFd = 3
	readBytes  = 65536 // what every contender reads into
)

// listen makes a listener of the socket that the benchmark has opened.
func listen() (net.Listener, error) {
	domain, err := unix.GetsockoptInt(listenerFd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	if err != nil {
		return nil, err
	}

	// Both listeners take a copy of the descriptor and make it non-blocking.
	file := os.NewFile(listenerFd, "listener")
	defer file.Close()
	switch domain {
	case unix.AF_VSOCK:
		return vsock.FileListener(file)
	case unix.AF_UNIX:
		return net.FileListener(file)
	}
	return nil, fmt.Errorf("neither AF_UNIX nor AF_VSOCK, but family %d", domain)
}

// echo is a plain loop, since io.Copy would splice on AF_UNIX and not on
// AF_VSOCK. A peer that is gone is no error.
func echo(conn net.Conn) {
	defer conn.Close()
	buffer := make([]byte, readBytes)
	for {
		n, err := conn.Read(buffer)
		if n > 0 {
			if _, err := conn.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func serve() error {
	listener, err := listen()
	if err != nil {
		return fmt.Errorf("the listening socket at descriptor %d: %w", listenerFd, err)
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		go echo(conn)
	}
}

func main() {
	// Every contender is one thread on one core. The threads that Go's runtime
	// has for itself remain, on that core too.
	runtime.GOMAXPROCS(1)

	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "bench_go:", err)
		os.Exit(1)
	}
}
