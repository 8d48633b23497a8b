//! The pictures of the tray, as `build.rs` rendered them.
//!
//! Not here: which state is shown with which (`mcpproxy_tray::icon`).

use mcpproxy_tray::shell::Icon;
use tauri::image::Image;

macro_rules! rendered {
    ($state:literal) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/", $state, ".rgba")).as_slice()
    };
}

/// The picture of a state. On macOS it is only a shape, which the menu bar colours.
pub fn image(icon: Icon) -> Image<'static> {
    let pixels = match icon {
        Icon::Stopped => rendered!("stopped"),
        Icon::Fine => rendered!("fine"),
        Icon::Attention => rendered!("attention"),
        Icon::Error => rendered!("error"),
    };
    let side = u32::try_from((pixels.len() / 4).isqrt()).unwrap_or_default();
    Image::new(pixels, side, side)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the picture is drawn, whatever its colour.
    fn shape(icon: Icon) -> Vec<bool> {
        image(icon).rgba().chunks(4).map(|pixel| pixel[3] > 127).collect()
    }

    #[test]
    fn states_are_told_apart_by_their_shape() {
        let states = [Icon::Stopped, Icon::Fine, Icon::Attention, Icon::Error];
        for (at, one) in states.into_iter().enumerate() {
            let side = image(one).width();
            assert_eq!(shape(one).len(), (side * side) as usize, "a square");
            for other in &states[at + 1..] {
                let differ = shape(one).iter().zip(shape(*other)).filter(|(a, b)| **a != *b).count();
                assert!(differ * 25 > shape(one).len(), "{one:?} and {other:?} differ in {differ} points only");
            }
        }
    }
}
