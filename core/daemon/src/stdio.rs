//! MCP over our own standard streams, for a core that listens on no port: the same bridge that carries a client to a
//! core elsewhere, over connections that never leave the process.

use mcpproxy_bridge::{Dial, DialError, Dialing, Stream};
use mcpproxy_edge::{Limits, Routes, serve_stream};
use mcpproxy_task::Scope;
use tokio::io::{AsyncRead, AsyncWrite, duplex};

use crate::{End, Running};

/// Where the one client is carried to.
const PATH: &str = "/mcp/call";
/// How many bytes a connection inside the process holds.
const PIPE: usize = 64 << 10;

impl Running {
    /// Serves the client at these streams until it closes its side or a signal asks to stop, then stops. What is under
    /// way then is finished as in every other stop, and still carried to the client.
    pub async fn serve_stdio<R, W>(mut self, from_client: R, to_client: W) -> End
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Send + Unpin + 'static,
    {
        let bridge = Scope::new();
        let dial = Box::new(Inside { routes: self.routes.clone(), edge: self.edge.clone() });
        let carrying = mcpproxy_bridge::run(from_client, to_client, dial, http::Uri::from_static(PATH), &bridge);
        let mut carrying = std::pin::pin!(carrying);
        tokio::select! {
            () = &mut carrying => return self.stop().await,
            () = self.asked_to_stop() => {}
        }
        let stopping = async {
            let end = self.stop().await;
            bridge.cancel();
            end
        };
        tokio::join!(carrying, stopping).1
    }
}

/// Opens connections to the core that we are.
struct Inside {
    routes: Routes,
    edge: Scope,
}

impl Dial for Inside {
    fn dial(&self, _: bool) -> Dialing<'_> {
        Box::pin(async {
            if self.edge.is_cancelled() {
                return Err(DialError::Hopeless("the core is stopping".to_owned()));
            }
            let (near, far) = duplex(PIPE);
            let (routes, edge) = (self.routes.clone(), self.edge.clone());
            self.edge.spawn("client", async move { serve_stream(far, &routes, &Limits::default(), &edge).await });
            Ok(Box::new(near) as Box<dyn Stream>)
        })
    }
}
