//! A line chart as SVG: a few named lines over the numbers of clients, with a logarithmic scale, light and dark.

use std::fmt::Write;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 190.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = 50.0;
const COLOURS: [&str; 6] = ["#8a8f98", "#2a9d8f", "#d1495b", "#3366cc", "#e09f3e", "#7b5ea7"];

/// One line of a chart.
pub struct Series {
    /// What it is called.
    pub name: String,
    /// A value for each place on the x axis; `NaN` leaves a gap.
    pub values: Vec<f64>,
    /// Whether it is drawn with dashes.
    pub dashed: bool,
    /// Which colour it has; lines of one subject share theirs.
    pub colour: usize,
}

/// Draws a chart.
pub fn chart(title: &str, x_title: &str, places: &[String], series: &[Series]) -> String {
    let values = || series.iter().flat_map(|series| &series.values).copied().filter(|value| *value > 0.0);
    let low = values().fold(f64::INFINITY, f64::min).log10().floor();
    let high = values().fold(f64::NEG_INFINITY, f64::max).log10().ceil().max(low + 1.0);
    let x = |at: usize| LEFT + (WIDTH - LEFT - RIGHT) * at as f64 / (places.len().max(2) - 1) as f64;
    let y = |value: f64| TOP + (HEIGHT - TOP - BOTTOM) * (high - value.log10()) / (high - low);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{title}\">\n\
         <style>text{{font:13px system-ui,sans-serif;fill:#333}}.grid{{stroke:#bbb;stroke-width:.5}}\
         rect{{fill:#fff}}@media(prefers-color-scheme:dark){{text{{fill:#ddd}}rect{{fill:#16181d}}}}</style>\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\"/>\n<text x=\"{LEFT}\" y=\"24\" font-weight=\"bold\">{title}</text>\n"
    );
    let right = WIDTH - RIGHT;
    for power in low as i32..=high as i32 {
        let (value, at) = (10_f64.powi(power), y(10_f64.powi(power)));
        let _ = writeln!(svg, "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{right}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>");
        let _ = writeln!(svg, "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{value}</text>", LEFT - 8.0, at + 4.0);
    }
    for (at, place) in places.iter().enumerate() {
        let bottom = HEIGHT - BOTTOM + 20.0;
        let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"{bottom}\" text-anchor=\"middle\">{place}</text>", x(at));
    }
    let middle = LEFT + (WIDTH - LEFT - RIGHT) / 2.0;
    let _ = writeln!(svg, "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{x_title}</text>", HEIGHT - 8.0);
    for (number, line) in series.iter().enumerate() {
        let colour = COLOURS.get(line.colour % COLOURS.len()).copied().unwrap_or_default();
        let dash = if line.dashed { " stroke-dasharray=\"5 4\"" } else { "" };
        let known = line.values.iter().enumerate().filter(|(_, value)| **value > 0.0);
        let points: Vec<_> = known.map(|(at, value)| format!("{:.1},{:.1}", x(at), y(*value))).collect();
        let points = points.join(" ");
        let style = format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dash}");
        let _ = writeln!(svg, "<polyline points=\"{points}\" {style}/>");
        let (from, row) = (right + 16.0, TOP + 20.0 * number as f64);
        let _ = writeln!(svg, "<polyline points=\"{from},{row} {},{row}\" {style}/>", from + 24.0);
        let _ = writeln!(svg, "<text x=\"{}\" y=\"{}\">{}</text>", from + 30.0, row + 4.0, line.name);
    }
    svg.push_str("</svg>\n");
    svg
}
