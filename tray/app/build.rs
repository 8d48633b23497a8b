//! Renders the marks of `icons/`, and tells Tauri which commands there are: those that our own page may give.
//!
//! Not here: what the marks look like.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{Options, Tree},
};
use tauri_build::{AppManifest, Attributes, WindowsAttributes};

const STATES: [&str; 4] = ["stopped", "fine", "attention", "error"];
/// Of the icon of the program; each has to fit the one byte that an .ico has for it, where 256 is written as 0.
const SIZES: [u32; 4] = [16, 32, 48, 256];

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    // A menu bar of macOS colours the mark itself, and asks for twice its 22 points; so do the panels of Linux.
    let (color, side) = match env::var("CARGO_CFG_TARGET_OS")?.as_str() {
        "macos" => ("#000000", 44),
        "windows" => ("#6c67e6", 32),
        _ => ("#6c67e6", 44),
    };
    for state in STATES {
        let mark = render(&format!("icons/{state}.svg"), color, side)?;
        fs::write(out.join(format!("{state}.rgba")), mark.take_demultiplied())?;
    }
    let app = Path::new("icons/app.svg").to_string_lossy();
    fs::write(out.join("icon.png"), render(&app, color, 256)?.encode_png()?)?;
    let pictures = SIZES.iter().map(|side| Ok((*side, render(&app, color, *side)?.encode_png()?)));
    fs::write(out.join("icon.ico"), ico(&pictures.collect::<Result<Vec<_>, Box<dyn Error>>>()?)?)?;
    tell_cargo(&out.join("icon.png").to_string_lossy());
    let windows = WindowsAttributes::new().window_icon_path(out.join("icon.ico"));
    let commands = AppManifest::new().commands(&["page", "wish"]);
    Ok(tauri_build::try_build(Attributes::new().windows_attributes(windows).app_manifest(commands))?)
}

fn tell_cargo(icon: &str) {
    println!("cargo::rerun-if-changed=icons");
    println!("cargo::rerun-if-changed=page");
    println!("cargo::rerun-if-changed=capabilities");
    // The settings of Tauri name a picture that stands outside the sources.
    println!("cargo::rustc-env=TAURI_CONFIG={{\"bundle\":{{\"icon\":[\"{}\"]}}}}", icon.replace('\\', "/"));
}

fn render(path: &str, color: &str, side: u32) -> Result<Pixmap, Box<dyn Error>> {
    let tree = Tree::from_str(&fs::read_to_string(path)?.replace("currentColor", color), &Options::default())?;
    let mut pixmap = Pixmap::new(side, side).ok_or("a picture without a size")?;
    let scale = Transform::from_scale(side as f32 / tree.size().width(), side as f32 / tree.size().height());
    resvg::render(&tree, scale, &mut pixmap.as_mut());
    Ok(pixmap)
}

/// PNG pictures in the container of Windows: a directory, then the pictures.
fn ico(pictures: &[(u32, Vec<u8>)]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut directory = vec![0, 0, 1, 0];
    directory.extend(u16::try_from(pictures.len())?.to_le_bytes());
    let mut offset = u32::try_from(6 + 16 * pictures.len())?;
    for (side, png) in pictures {
        let byte = u8::try_from(*side).unwrap_or(0);
        directory.extend([byte, byte, 0, 0, 1, 0, 32, 0]);
        let length = u32::try_from(png.len())?;
        directory.extend(length.to_le_bytes());
        directory.extend(offset.to_le_bytes());
        offset += length;
    }
    directory.extend(pictures.iter().flat_map(|(_, png)| png));
    Ok(directory)
}
