//! One chart as SVG: lines over time, on a logarithmic scale. Knows nothing of runtimes.

use std::fmt::Write as _;

/// One line.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) name: &'static str,
    /// Milliseconds, one after each step of time.
    pub(super) steps: Vec<f64>,
}

/// What is drawn.
#[derive(Debug)]
pub(super) struct Drawing<'a> {
    pub(super) title: &'a str,
    /// Four at most.
    pub(super) series: &'a [Series],
    /// In seconds, as what follows.
    pub(super) step: f64,
    pub(super) load: [f64; 2],
    pub(super) lasts: f64,
}

/// The colours of one kind of page.
#[derive(Debug)]
pub(super) struct Palette {
    pub(super) name: &'static str,
    ground: &'static str,
    text: &'static str,
    faint: &'static str,
    grid: &'static str,
    load: &'static str,
    lines: [&'static str; 4],
}

// Blue, grey, orange and green are told apart by those who see red and green alike, and each has a contrast of at least 3 to its
// ground; the dashes are for those who see no colours.
pub(super) const LIGHT: Palette = Palette {
    name: "light",
    ground: "#ffffff",
    text: "#1f2328",
    faint: "#59636e",
    grid: "#d9dee3",
    load: "#f3f5f8",
    lines: ["#0060b8", "#7b7f85", "#c24e00", "#00806a"],
};
pub(super) const DARK: Palette = Palette {
    name: "dark",
    ground: "#0d1117",
    text: "#e6edf3",
    faint: "#9198a1",
    grid: "#2c333c",
    load: "#161c24",
    lines: ["#58a6ff", "#9aa1aa", "#f0883e", "#3fc9a8"],
};
const DASHES: [&str; 4] = ["none", "7 4", "none", "2 3"];
const WIDTHS: [f64; 4] = [2.4, 1.8, 1.8, 1.8];

const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 340.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 592.0;
const TOP: f64 = 58.0;
const BOTTOM: f64 = 290.0;
/// Powers of ten of a millisecond, with which the scale begins and ends.
const LOW: f64 = -2.0;
const HIGH: f64 = 3.0;
const TICKS: [&str; 6] = ["10 µs", "100 µs", "1 ms", "10 ms", "100 ms", "1 s"];
/// Between the base lines of two labels, at least.
const LINE: f64 = 19.0;

fn y(millis: f64) -> f64 {
    let power = millis.log10().clamp(LOW, HIGH);
    BOTTOM - (power - LOW) / (HIGH - LOW) * (BOTTOM - TOP)
}

impl Drawing<'_> {
    fn x(&self, seconds: f64) -> f64 {
        LEFT + seconds / self.lasts * (RIGHT - LEFT)
    }

    /// The file's whole text.
    pub(super) fn svg(&self, palette: &Palette) -> String {
        let mut svg = String::new();
        self.write(&mut svg, palette)
            .expect("a string takes all that is written");
        svg
    }

    fn write(&self, svg: &mut String, palette: &Palette) -> std::fmt::Result {
        let Palette { text, faint, .. } = palette;
        writeln!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" \
             height=\"{HEIGHT}\" role=\"img\" font-family=\"system-ui, 'Segoe UI', Helvetica, Arial, 'DejaVu Sans', \
             sans-serif\" font-size=\"13\">"
        )?;
        writeln!(svg, "<title>{}</title>", self.title)?;
        writeln!(
            svg,
            "<desc>How late a task is woken that sleeps for a millisecond over and over, over time, for {} \
             runtimes.</desc>",
            self.series.len()
        )?;
        let ground = palette.ground;
        writeln!(
            svg,
            "<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"{ground}\"/>"
        )?;
        writeln!(
            svg,
            "<text x=\"16\" y=\"24\" font-size=\"15\" font-weight=\"600\" fill=\"{text}\">{}</text>",
            self.title
        )?;
        writeln!(
            svg,
            "<text x=\"16\" y=\"44\" font-size=\"12\" fill=\"{faint}\">How late a task that sleeps for 1 ms is woken: \
             the worst in each {:.0} ms</text>",
            self.step * 1e3
        )?;
        self.axes(svg, palette)?;
        // The first one is drawn last, above the others.
        for (which, series) in self.series.iter().enumerate().rev() {
            let path = self.path(series);
            writeln!(
                svg,
                "<path d=\"{path}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" stroke-dasharray=\"{}\" \
                 stroke-linejoin=\"round\"/>",
                palette.lines[which], WIDTHS[which], DASHES[which]
            )?;
        }
        for (which, at) in self.labels() {
            let (colour, dashes, width) = (palette.lines[which], DASHES[which], WIDTHS[which]);
            let (from, to) = (RIGHT + 10.0, RIGHT + 34.0);
            writeln!(
                svg,
                "<path d=\"M{from} {at:.1}H{to}\" stroke=\"{colour}\" stroke-width=\"{width}\" \
                 stroke-dasharray=\"{dashes}\"/>"
            )?;
            let weight = if which == 0 { 600 } else { 400 };
            writeln!(
                svg,
                "<text x=\"{}\" y=\"{:.1}\" fill=\"{text}\" font-weight=\"{weight}\">{}</text>",
                to + 7.0,
                at + 4.5,
                self.series[which].name
            )?;
        }
        writeln!(svg, "</svg>")
    }

    fn axes(&self, svg: &mut String, palette: &Palette) -> std::fmt::Result {
        let Palette { faint, grid, .. } = palette;
        let (from, to) = (self.x(self.load[0]), self.x(self.load[1]));
        let (width, height) = (to - from, BOTTOM - TOP);
        writeln!(
            svg,
            "<rect x=\"{from:.1}\" y=\"{TOP}\" width=\"{width:.1}\" height=\"{height}\" fill=\"{}\"/>",
            palette.load
        )?;
        for (power, tick) in (0..).zip(TICKS) {
            let at = y(10_f64.powf(LOW + f64::from(power)));
            writeln!(
                svg,
                "<path d=\"M{LEFT} {at:.1}H{RIGHT}\" stroke=\"{grid}\"/>\
                 <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"{faint}\" font-size=\"12\">{tick}</text>",
                LEFT - 8.0,
                at + 4.0
            )?;
        }
        for second in 0..=self.lasts as u32 {
            let at = self.x(f64::from(second));
            writeln!(
                svg,
                "<path d=\"M{at:.1} {BOTTOM}v5\" stroke=\"{faint}\"/>\
                 <text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\" fill=\"{faint}\" font-size=\"12\">{second}</text>",
                BOTTOM + 19.0
            )?;
        }
        let middle = (TOP + BOTTOM) / 2.0;
        writeln!(
            svg,
            "<text transform=\"translate(18 {middle}) rotate(-90)\" text-anchor=\"middle\" fill=\"{faint}\" \
             font-size=\"12\">lateness (log scale)</text>"
        )?;
        writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\" fill=\"{faint}\" font-size=\"12\">time in s; the \
             shaded part is under load</text>",
            (LEFT + RIGHT) / 2.0,
            BOTTOM + 39.0
        )
    }

    /// A line of steps.
    fn path(&self, series: &Series) -> String {
        let mut path = String::new();
        for (number, millis) in (0_u32..).zip(&series.steps) {
            let (from, to) = (
                f64::from(number) * self.step,
                f64::from(number + 1) * self.step,
            );
            let letter = if number == 0 { 'M' } else { 'L' };
            write!(
                path,
                "{letter}{:.1} {:.1}H{:.1}",
                self.x(from),
                y(*millis),
                self.x(to)
            )
            .expect("a string takes all that is written");
        }
        path
    }

    /// Where each series' name stands: beside where its line mostly is under load, and clear of the others.
    fn labels(&self) -> Vec<(usize, f64)> {
        let (from, to) = (self.load[0] / self.step, self.load[1] / self.step);
        let under_load = |series: &Series| {
            let steps = series.steps.iter().take(to as usize).skip(from as usize);
            let mut heights: Vec<_> = steps.map(|millis| y(*millis)).collect();
            heights.sort_by(f64::total_cmp);
            heights.get(heights.len() / 2).copied().unwrap_or(BOTTOM)
        };
        let wanted = self.series.iter().map(under_load).enumerate();
        let mut labels: Vec<_> = wanted.collect();
        labels.sort_by(|one, other| one.1.total_cmp(&other.1));
        for this in 1..labels.len() {
            let above = labels[this - 1].1;
            labels[this].1 = labels[this].1.max(above + LINE);
        }
        // Those that were pushed below the scale come back up, and push the others.
        let mut limit = BOTTOM;
        for label in labels.iter_mut().rev() {
            label.1 = label.1.min(limit);
            limit = label.1 - LINE;
        }
        labels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawing(series: &[Series]) -> Drawing<'_> {
        Drawing {
            title: "a title",
            series,
            step: 0.5,
            load: [0.5, 1.5],
            lasts: 2.0,
        }
    }

    fn series(name: &'static str, millis: f64) -> Series {
        Series {
            name,
            steps: vec![millis; 4],
        }
    }

    #[test]
    fn names_stand_beside_their_lines_and_clear_of_each_other() {
        let all = [
            series("low", 0.01),
            series("high", 100.0),
            series("high, too", 100.0),
            series("low, too", 0.01),
        ];
        let labels = drawing(&all).labels();
        let order: Vec<_> = labels.iter().map(|(which, _)| *which).collect();
        assert_eq!(order, [1, 2, 0, 3]);
        for pair in labels.windows(2) {
            assert!(pair[1].1 - pair[0].1 >= LINE, "{labels:?}");
        }
        assert_eq!(labels[0].1, y(100.0));
        assert_eq!(labels[3].1, BOTTOM);
    }

    #[test]
    fn what_is_beyond_the_scale_is_at_its_end() {
        assert_eq!(y(0.0), BOTTOM);
        assert_eq!(y(1e9), TOP);
        assert!(y(1.0) > y(2.0));
    }

    #[test]
    fn each_line_and_each_name_is_there_once() {
        let all = [series("one", 1.0), series("two", 2.0)];
        let svg = drawing(&all).svg(&DARK);
        for name in ["one", "two"] {
            assert_eq!(svg.matches(&format!(">{name}</text>")).count(), 1);
        }
        assert_eq!(svg.matches("fill=\"none\"").count(), 2);
        assert!(svg.ends_with("</svg>\n"));
    }
}
