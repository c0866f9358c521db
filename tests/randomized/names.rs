//! The names of the faults, under which they are counted.

use std::fmt;

use crate::fault::Wrong;
use crate::tunnel::TunnelFault;

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Wrong::Break(point, how) => write!(f, "{how:?} at {point:?}"),
            Wrong::HalfBody(how) => write!(f, "{how:?} within the request's body"),
            Wrong::Slow(_) => f.write_str("answered late"),
            Wrong::Late(_) => f.write_str("carried out late"),
            Wrong::CloseAfter => f.write_str("closed behind the answer"),
            Wrong::Answer(form) => write!(f, "{form:?} without acting"),
            Wrong::Acting(form) => write!(f, "{form:?} after acting"),
            Wrong::Odd204(text) => write!(f, "{text:?} after acting"),
            Wrong::Odd404(text) => write!(f, "404 {text}"),
            Wrong::TurnsBad(certificate) => write!(f, "{certificate:?} certificate"),
            Wrong::Stray { fills_buffer, at_once } => {
                let behind = if *fills_buffer { "a full buffer" } else { "a short answer" };
                match *at_once {
                    usize::MAX => write!(f, "a stray answer behind {behind}"),
                    bytes => write!(f, "{bytes} bytes of a stray answer behind {behind}"),
                }
            }
            Wrong::Aged(age) => write!(f, "Age: {age}"),
            Wrong::DateOff(days) => write!(f, "Date {days} days off"),
            Wrong::Tunnel(TunnelFault::Cut(_)) => f.write_str("the tunnel is cut"),
            Wrong::Tunnel(fault) => write!(f, "proxy: {fault:?}"),
        }
    }
}
