// gocat [-l] connect CID PORT, gocat [-l] listen PORT, gocat echo PORT: what ../vm's
// pycat.py does, as one would write it in Go with mdlayher/vsock.
package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/mdlayher/vsock"
)

func number(text string) uint32 {
	n, err := strconv.ParseUint(text, 10, 32)
	check(err)
	return uint32(n)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "gocat:", err)
		os.Exit(1)
	}
}

func accept(port uint32) *vsock.Conn {
	listener, err := vsock.Listen(port, nil)
	check(err)
	fmt.Fprintln(os.Stderr, "Listening on", listener.Addr())
	conn, err := listener.Accept()
	check(err)
	return conn.(*vsock.Conn)
}

func send(conn *vsock.Conn) {
	_, err := io.Copy(conn, os.Stdin)
	check(err)
	check(conn.CloseWrite())
}

func receive(conn *vsock.Conn) {
	_, err := io.Copy(os.Stdout, conn)
	check(err)
}

func main() {
	args := os.Args[1:]
	last := len(args) > 0 && args[0] == "-l"
	if last {
		args = args[1:]
	}
	var conn *vsock.Conn
	var err error
	switch {
	case len(args) == 3 && args[0] == "connect":
		conn, err = vsock.Dial(number(args[1]), number(args[2]), nil)
		check(err)
	case len(args) == 2:
		conn = accept(number(args[1]))
	default:
		fmt.Fprintln(os.Stderr, "usage: gocat [-l] connect CID PORT, [-l] listen PORT, echo PORT")
		os.Exit(2)
	}
	check(conn.SetDeadline(time.Now().Add(20 * time.Second)))
	switch {
	case args[0] == "echo":
		_, err = io.Copy(conn, conn)
		check(err)
	case last:
		receive(conn)
		send(conn)
	default:
		done := make(chan struct{})
		go func() {
			send(conn)
			close(done)
		}()
		receive(conn)
		<-done
	}
	check(conn.Close())
}
