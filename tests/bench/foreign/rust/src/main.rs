//! bench_rust: an echo server as one would write it in Rust on tokio, with
//! tokio-vsock where the socket is AF_VSOCK and with tokio's own UnixListener
//! where it is AF_UNIX.
//!
//! It finds its listening socket at descriptor 3 and serves until it is killed.
//! Its arguments are those of every contender and mean nothing here.

use std::io;
use std::os::unix::io::{FromRawFd, RawFd};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

const LISTENER: RawFd = 3;
const READ_BYTES: usize = 65536; // what every contender reads into

/// The address family of a socket.
fn domain_of(fd: RawFd) -> io::Result<libc::c_int> {
    let mut domain: libc::c_int = 0;
    let mut size = std::mem::size_of_val(&domain) as libc::socklen_t;
    // SAFETY: the kernel writes at most `size` bytes, which `domain` has.
    let code = unsafe {
        libc::getsockopt(
            fd,
            libc::SOL_SOCKET,
            libc::SO_DOMAIN,
            &mut domain as *mut libc::c_int as *mut libc::c_void,
            &mut size,
        )
    };
    if code == 0 {
        Ok(domain)
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Sends back what comes. A peer that is gone is no error.
async fn echo<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) {
    let mut buffer = vec![0; READ_BYTES];
    loop {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(n) => {
                if stream.write_all(&buffer[..n]).await.is_err() {
                    return;
                }
            }
        }
    }
}

async fn serve_unix() -> io::Result<()> {
    // SAFETY: the descriptor is an open socket, and nobody else's.
    let listener = unsafe { std::os::unix::net::UnixListener::from_raw_fd(LISTENER) };
    listener.set_nonblocking(true)?;
    let listener = tokio::net::UnixListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(echo(stream));
    }
}

// Later versions of tokio-vsock accept without a mutable listener.
#[allow(unused_mut)]
async fn serve_vsock() -> io::Result<()> {
    // SAFETY: as above. This one makes itself non-blocking.
    let mut listener = unsafe { tokio_vsock::VsockListener::from_raw_fd(LISTENER) };
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(echo(stream));
    }
}

async fn serve() -> io::Result<()> {
    let domain = domain_of(LISTENER)
        .map_err(|e| io::Error::new(e.kind(), format!("the socket at descriptor 3: {e}")))?;
    match domain {
        libc::AF_UNIX => serve_unix().await,
        libc::AF_VSOCK => serve_vsock().await,
        other => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("the socket at descriptor 3: neither AF_UNIX nor AF_VSOCK, but family {other}"),
        )),
    }
}

fn main() {
    // Every contender is one thread on one core.
    let done = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .and_then(|runtime| runtime.block_on(serve()));
    if let Err(e) = done {
        eprintln!("bench_rust: {e}");
        std::process::exit(1);
    }
}
