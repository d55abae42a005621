//! rustcat [-l] connect CID PORT, rustcat [-l] listen PORT, rustcat echo PORT: what
//! ../vm's pycat.py does, as one would write it in Rust with tokio-vsock.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_vsock::{VsockListener, VsockStream};

const ANY: u32 = u32::MAX;

fn number(text: &str) -> io::Result<u32> {
    text.parse()
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "no number"))
}

async fn accept(port: u32) -> io::Result<VsockStream> {
    let mut listener = VsockListener::bind(ANY, port)?;
    eprintln!("Listening on port {port}");
    Ok(listener.accept().await?.0)
}

/// Copies until the end of input, then ends that direction.
async fn pass<R, W>(from: &mut R, to: &mut W) -> io::Result<()>
where
    R: AsyncReadExt + Unpin,
    W: AsyncWriteExt + Unpin,
{
    tokio::io::copy(from, to).await?;
    to.flush().await?;
    to.shutdown().await
}

async fn run(args: &[String], last: bool) -> io::Result<()> {
    let mut stream = if args[0] == "connect" {
        VsockStream::connect(number(&args[1])?, number(&args[2])?).await?
    } else {
        accept(number(&args[1])?).await?
    };
    let (mut input, mut output) = (tokio::io::stdin(), tokio::io::stdout());
    if args[0] == "echo" {
        let mut buffer = vec![0; 65536];
        loop {
            let n = stream.read(&mut buffer).await?;
            if n == 0 {
                return stream.shutdown(std::net::Shutdown::Write);
            }
            stream.write_all(&buffer[..n]).await?;
        }
    }
    let (mut from, mut to) = tokio::io::split(stream);
    if last {
        tokio::io::copy(&mut from, &mut output).await?;
        pass(&mut input, &mut to).await?;
    } else {
        let sender = tokio::spawn(async move { pass(&mut input, &mut to).await });
        tokio::io::copy(&mut from, &mut output).await?;
        sender.await??;
    }
    output.flush().await
}

fn main() -> io::Result<()> {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let last = args.first().map(String::as_str) == Some("-l");
    if last {
        args.remove(0);
    }
    let words = if args.first().map(String::as_str) == Some("connect") { 3 } else { 2 };
    if args.len() != words {
        eprintln!("usage: rustcat [-l] connect CID PORT, [-l] listen PORT, echo PORT");
        std::process::exit(2);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(async {
        tokio::time::timeout(Duration::from_secs(20), run(&args, last))
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    });
    runtime.shutdown_background();
    outcome
}
