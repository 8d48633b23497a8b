//! The tool that converts units: a table, and one affine formula for all of it.
//!
//! Not here: currencies (they need the network), UK volumes, units made of others.

use serde_json::{Value, json};

use super::{
    notes::Notebook,
    tool::{Answer, Arguments, Effect, Fault, Tool, object, unfit},
};

/// Converts a value.
pub const CONVERT_UNITS: Tool = Tool {
    name: "convert_units",
    title: "Convert units",
    description: "Converts a value between units of length, mass, temperature, volume (US kitchen units), speed or \
        data size, such as miles to kilometres, Fahrenheit to Celsius, pounds to kilograms or GiB to MB.",
    effect: Effect::Reads,
    input,
    output,
    run,
};

/// A symbol that is not of this list is refused together with it, so that the caller can choose.
const DIMENSIONS: [Dimension; 6] = [LENGTH, MASS, TEMPERATURE, VOLUME, SPEED, DATA];

/// Physics has no colder place; in the base unit of temperature.
const ABSOLUTE_ZERO: f64 = -273.15;

struct Dimension {
    name: &'static str,
    /// Whether `mb` can only mean `MB`.
    case_matters: bool,
    units: &'static [Unit],
}

/// base = (value - zero) * scale.0 / scale.1; a fraction, because 5/9 has no exact binary form.
struct Unit {
    symbol: &'static str,
    /// Singular forms in lower case, and plurals that are not formed with an s.
    names: &'static [&'static str],
    zero: f64,
    scale: (f64, f64),
}

const fn unit(symbol: &'static str, names: &'static [&'static str], scale: f64) -> Unit {
    Unit { symbol, names, zero: 0.0, scale: (scale, 1.0) }
}

const LENGTH: Dimension = Dimension {
    name: "length",
    case_matters: false,
    units: &[
        unit("mm", &["millimetre", "millimeter"], 0.001),
        unit("cm", &["centimetre", "centimeter"], 0.01),
        unit("m", &["metre", "meter"], 1.0),
        unit("km", &["kilometre", "kilometer"], 1000.0),
        unit("in", &["inch", "inches", "\""], 0.0254),
        unit("ft", &["foot", "feet", "'"], 0.3048),
        unit("yd", &["yard"], 0.9144),
        unit("mi", &["mile"], 1609.344),
        unit("nmi", &["nautical mile"], 1852.0),
    ],
};

const MASS: Dimension = Dimension {
    name: "mass",
    case_matters: false,
    units: &[
        unit("mg", &["milligram"], 0.000_001),
        unit("g", &["gram"], 0.001),
        unit("kg", &["kilogram", "kilo"], 1.0),
        unit("t", &["tonne", "metric ton"], 1000.0),
        unit("oz", &["ounce"], 0.028_349_523_125),
        unit("lb", &["pound", "lbs"], 0.453_592_37),
        unit("st", &["stone"], 6.350_293_18),
    ],
};

const TEMPERATURE: Dimension = Dimension {
    name: "temperature",
    case_matters: false,
    units: &[
        unit("C", &["celsius", "°c", "degree celsius", "degrees celsius"], 1.0),
        Unit {
            symbol: "F",
            names: &["fahrenheit", "°f", "degree fahrenheit", "degrees fahrenheit"],
            zero: 32.0,
            scale: (5.0, 9.0),
        },
        Unit { symbol: "K", names: &["kelvin"], zero: -ABSOLUTE_ZERO, scale: (1.0, 1.0) },
    ],
};

const VOLUME: Dimension = Dimension {
    name: "volume",
    case_matters: false,
    units: &[
        unit("ml", &["millilitre", "milliliter"], 0.001),
        unit("l", &["litre", "liter"], 1.0),
        unit("m3", &["m³", "cubic metre", "cubic meter"], 1000.0),
        unit("tsp", &["teaspoon"], 0.004_928_921_593_75),
        unit("tbsp", &["tablespoon"], 0.014_786_764_781_25),
        unit("fl_oz", &["fl oz", "fluid ounce"], 0.029_573_529_562_5),
        unit("cup", &[], 0.236_588_236_5),
        unit("pt", &["pint"], 0.473_176_473),
        unit("gal", &["gallon"], 3.785_411_784),
    ],
};

const SPEED: Dimension = Dimension {
    name: "speed",
    case_matters: false,
    units: &[
        unit("m/s", &["metre per second", "meter per second", "metres per second", "meters per second"], 1.0),
        Unit {
            symbol: "km/h",
            names: &["kph", "kmh", "kilometres per hour", "kilometers per hour"],
            zero: 0.0,
            scale: (1000.0, 3600.0),
        },
        unit("mph", &["mi/h", "miles per hour"], 0.447_04),
        Unit { symbol: "kn", names: &["knot", "kt"], zero: 0.0, scale: (1852.0, 3600.0) },
        unit("ft/s", &["feet per second"], 0.3048),
    ],
};

const DATA: Dimension = Dimension {
    name: "data size",
    case_matters: true,
    units: &[
        unit("bit", &[], 0.125),
        unit("B", &["byte"], 1.0),
        unit("kB", &["kilobyte"], 1e3),
        unit("MB", &["megabyte"], 1e6),
        unit("GB", &["gigabyte"], 1e9),
        unit("TB", &["terabyte"], 1e12),
        unit("KiB", &["kibibyte"], 1024.0),
        unit("MiB", &["mebibyte"], 1_048_576.0),
        unit("GiB", &["gibibyte"], 1_073_741_824.0),
        unit("TiB", &["tebibyte"], 1_099_511_627_776.0),
    ],
};

fn input() -> Value {
    let known = DIMENSIONS.iter().map(symbols).collect::<Vec<_>>().join("; ");
    object(
        &json!({
            "value": { "type": "number", "description": "How many of the unit in \"from\"." },
            "from": { "type": "string", "description": format!("The unit of the value. {known}.") },
            "to": { "type": "string", "description": "The unit wanted, of the same kind as \"from\"." },
        }),
        &["value", "from", "to"],
    )
}

fn output() -> Value {
    object(
        &json!({
            "value": { "type": "number", "description": "The converted value, to 12 significant digits." },
            "unit": { "type": "string", "description": "Its unit." },
            "dimension": { "type": "string", "description": "What is measured, such as length." },
        }),
        &["value", "unit", "dimension"],
    )
}

fn run(arguments: &Arguments<'_>, _: &mut Notebook) -> Result<Answer, Fault> {
    let value = arguments.number("value")?;
    let (dimension, from) = find(arguments, "from", &DIMENSIONS)?;
    let (_, to) = find(arguments, "to", std::slice::from_ref(dimension))?;
    let base = (value - from.zero) * from.scale.0 / from.scale.1;
    // the tolerance lets absolute zero itself through, however it is rounded
    if dimension.name == TEMPERATURE.name && base < ABSOLUTE_ZERO - 1e-9 {
        return Err(unfit("value", &json!(value), format!("a temperature above absolute zero, {ABSOLUTE_ZERO} C")));
    }
    let converted = rounded(base * to.scale.1 / to.scale.0 + to.zero);
    if !converted.is_finite() {
        return Err(unfit("value", &json!(value), format!("a number small enough to be told in {}", to.symbol)));
    }
    Ok(Answer {
        text: format!("{value} {} = {converted} {}", from.symbol, to.symbol),
        data: json!({ "value": converted, "unit": to.symbol, "dimension": dimension.name }),
    })
}

fn find<'a>(arguments: &Arguments<'_>, name: &str, among: &'a [Dimension]) -> Result<(&'a Dimension, &'a Unit), Fault> {
    let known = format!("a unit of this list: {}", among.iter().map(symbols).collect::<Vec<_>>().join("; "));
    let asked = arguments.text(name, &known)?;
    let all = || among.iter().flat_map(|dimension| dimension.units.iter().map(move |unit| (dimension, unit)));
    let exact = all().find(|(_, unit)| unit.symbol == asked);
    exact
        .or_else(|| all().find(|(dimension, unit)| is_meant(dimension, unit, asked)))
        .ok_or_else(|| unfit(name, &json!(asked), known))
}

fn is_meant(dimension: &Dimension, unit: &Unit, asked: &str) -> bool {
    let asked = asked.trim().to_lowercase();
    let singular = asked.strip_suffix('s').unwrap_or(&asked);
    unit.names.iter().any(|name| *name == asked || *name == singular)
        || (!dimension.case_matters && unit.symbol.eq_ignore_ascii_case(&asked))
}

fn symbols(dimension: &Dimension) -> String {
    let list = dimension.units.iter().map(|unit| unit.symbol).collect::<Vec<_>>().join(", ");
    format!("{}: {list}", dimension.name)
}

/// Twelve significant digits hide the noise of binary fractions: 0.1 m are 10 cm.
fn rounded(value: f64) -> f64 {
    format!("{value:.11e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::{super::tests::check, *};

    #[test]
    fn values_are_converted() {
        for (value, from, to, expected) in [
            (5.0, "km", "mi", "5 km = 3.10685596119 mi"),
            (0.1, "metres", "cm", "0.1 m = 10 cm"),
            (6.0, "Feet", "IN", "6 ft = 72 in"),
            (1.0, "lb", "ounces", "1 lb = 16 oz"),
            (32.0, "F", "C", "32 F = 0 C"),
            (0.0, "celsius", "°F", "0 C = 32 F"),
            (-40.0, "f", "c", "-40 F = -40 C"),
            (-459.67, "F", "K", "-459.67 F = 0 K"),
            (0.0, "K", "F", "0 K = -459.67 F"),
            (1.0, "gal", "cup", "1 gal = 16 cup"),
            (1.0, "tbsp", "tsp", "1 tbsp = 3 tsp"),
            (36.0, "km/h", "m/s", "36 km/h = 10 m/s"),
            (1.0, "knots", "km/h", "1 kn = 1.852 km/h"),
            (1.0, "GiB", "MB", "1 GiB = 1073.741824 MB"),
            (-2.0, "kilobytes", "bit", "-2 kB = -16000 bit"),
        ] {
            check(&CONVERT_UNITS, json!({"value": value, "from": from, "to": to}), Ok(expected));
        }
    }

    #[test]
    fn what_cannot_be_converted_is_told() {
        let mass = r#""to" is "KM": write a unit of this list: mass: mg, g, kg, t, oz, lb, st."#;
        for (arguments, expected) in [
            (json!({"from": "m", "to": "km"}), r#"The argument "value" is missing: write a number, such as 2.5."#),
            (json!({"value": "5", "from": "m", "to": "km"}), r#""value" is "5": write a number, such as 2.5."#),
            (json!({"value": 1, "from": "kg", "to": "KM"}), mass),
            (
                json!({"value": -300, "from": "C", "to": "K"}),
                r#""value" is -300.0: write a temperature above absolute zero, -273.15 C."#,
            ),
            (
                json!({"value": 1e308, "from": "km", "to": "mm"}),
                r#""value" is 1e+308: write a number small enough to be told in mm."#,
            ),
        ] {
            check(&CONVERT_UNITS, arguments, Err(expected));
        }
        // bits and bytes differ in case alone where others write them
        for symbol in ["mb", "Kb", "b", "parsec", "s", ""] {
            let all = DIMENSIONS.iter().map(symbols).collect::<Vec<_>>().join("; ");
            let expected = format!("\"from\" is \"{symbol}\": write a unit of this list: {all}.");
            check(&CONVERT_UNITS, json!({"value": 1, "from": symbol, "to": "B"}), Err(&expected));
        }
    }

    #[test]
    fn no_name_means_two_units() {
        let units: Vec<_> =
            DIMENSIONS.iter().flat_map(|dimension| dimension.units.iter().map(move |unit| (dimension, unit))).collect();
        for (dimension, unit) in &units {
            for name in unit.names.iter().chain([&unit.symbol]) {
                let meant =
                    units.iter().filter(|(dimension, unit)| unit.symbol == *name || is_meant(dimension, unit, name));
                assert_eq!(meant.count(), 1, "{name} of {}", dimension.name);
            }
        }
    }
}
