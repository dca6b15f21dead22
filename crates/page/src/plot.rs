//! Plots over the last minutes, drawn by plotters. They have neither text nor colours of their own: the page writes the text around them,
//! so that it stays readable at every width, and the style sheet gives the names below their colours, so that light and dark are its matter.

use plotters::prelude::{
    AreaSeries, ChartBuilder, Color, DrawingAreaErrorKind, DrawingBackend, IntoDrawingArea, LineSeries, PathElement, RGBColor, Rectangle,
    SVGBackend,
};

/// The inner size: fine enough that a line is smooth at every width.
const SIZE: (u32, u32) = (1_500, 360);
/// The colours are names: `page.css` says what each of them looks like.
const GRID: RGBColor = RGBColor(0, 0, 1);
const BAND: RGBColor = RGBColor(0, 0, 2);
const AREA: RGBColor = RGBColor(0, 0, 3);
const FIRST: RGBColor = RGBColor(0, 0, 4);
const SECOND: RGBColor = RGBColor(0, 0, 5);

/// One line of values. A moment without a value is a gap.
pub type Values = Vec<(f64, Option<f64>)>;

/// What is drawn. Times are seconds from now, so not positive.
#[derive(Debug, Clone, Default)]
pub struct Plot {
    /// How far back it reaches.
    pub span: f64,
    /// The value at the upper edge, see [`nice`].
    pub top: f64,
    /// Times that are shaded: from and to.
    pub bands: Vec<(f64, f64)>,
    /// The line that counts, with an area below.
    pub first: Values,
    /// A line beside it.
    pub second: Values,
}

impl Plot {
    /// The drawing. It is stretched to the place it gets; what it shows is said in words beside it.
    pub fn svg(&self) -> String {
        let mut drawn = String::new();
        // Nothing that is drawn into a string fails; if it did, the words beside it remain.
        let _ = self.draw(SVGBackend::with_string(&mut drawn, SIZE));
        let (width, height) = SIZE;
        format!("<svg class=\"plot\" viewBox=\"0 0 {width} {height}\" preserveAspectRatio=\"none\" aria-hidden=\"true\">{drawn}</svg>")
    }

    fn draw<B: DrawingBackend>(&self, backend: B) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
        let root = backend.into_drawing_area();
        let top = if self.top > 0.0 { self.top } else { 1.0 };
        let mut chart = ChartBuilder::on(&root).build_cartesian_2d(-self.span..0.0, 0.0..top)?;
        chart.draw_series(self.bands.iter().map(|(from, to)| Rectangle::new([(*from, 0.0), (*to, top)], BAND.filled())))?;
        let line = |share: f64| PathElement::new(vec![(-self.span, top * share), (0.0, top * share)], GRID);
        chart.draw_series([0.0, 0.5, 1.0].map(line))?;
        for run in runs(&self.second, top) {
            chart.draw_series(LineSeries::new(run, SECOND))?;
        }
        for run in runs(&self.first, top) {
            chart.draw_series(AreaSeries::new(run.iter().copied(), 0.0, AREA))?;
            chart.draw_series(LineSeries::new(run, FIRST))?;
        }
        root.present()
    }
}

/// The parts of a line between its gaps. A value that stands alone becomes a short dash.
fn runs(values: &Values, top: f64) -> Vec<Vec<(f64, f64)>> {
    let parts = values.split(|(_, value)| value.is_none()).filter(|part| !part.is_empty());
    let of = |part: &[(f64, Option<f64>)]| {
        let points = part.iter().filter_map(|(at, value)| Some((*at, value.filter(|value| value.is_finite())?.clamp(0.0, top))));
        let mut run: Vec<_> = points.collect();
        if let [(at, value)] = run.as_slice() {
            run = vec![(at - 1.0, *value), (*at, *value)];
        }
        run
    };
    parts.map(of).collect()
}

/// The round number that a scale ends with so that all of this fits below: 1, 2 or 5 times a power of ten, and never less than `least`.
pub fn nice(most: f64, least: f64) -> f64 {
    let most = if most.is_finite() { most.max(least) } else { least };
    if most <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(most.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0];
    steps.into_iter().map(|step| step * power).find(|step| *step >= most * 0.999_999).unwrap_or(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot() -> Plot {
        let values = |scale: f64| (0..=300).map(|at| (f64::from(at) * 2.0 - 600.0, Some(f64::from(at) * scale))).collect();
        Plot { span: 600.0, top: 500.0, bands: vec![(-300.0, -200.0)], first: values(1.0), second: values(0.5) }
    }

    #[test]
    fn a_plot_is_drawn_by_names_that_the_style_sheet_knows() {
        let svg = plot().svg();
        for name in ["stroke=\"#000001\"", "fill=\"#000002\"", "fill=\"#000003\"", "stroke=\"#000004\"", "stroke=\"#000005\""] {
            assert!(svg.contains(name), "{name} in {svg}");
            assert!(crate::STYLE.contains(name), "{name} in page.css");
        }
        assert!(!svg.contains("style") && !svg.contains("<text"), "{svg}");
        assert!(svg.len() < 12_000, "{} bytes", svg.len());
    }

    #[test]
    fn a_line_goes_from_edge_to_edge_and_never_above_the_plot() {
        let plot = Plot { span: 10.0, top: 100.0, first: vec![(-10.0, Some(0.0)), (0.0, Some(1e9))], ..Plot::default() };
        assert!(plot.svg().contains("points=\"0,359 1499,0 \""), "{}", plot.svg());
    }

    #[test]
    fn a_moment_without_a_value_is_a_gap() {
        let values = vec![(-4.0, Some(1.0)), (-3.0, Some(2.0)), (-2.0, None), (-1.0, Some(3.0)), (0.0, None)];
        assert_eq!(runs(&values, 10.0), [vec![(-4.0, 1.0), (-3.0, 2.0)], vec![(-2.0, 3.0), (-1.0, 3.0)]]);
        assert!(!Plot { span: 10.0, ..Plot::default() }.svg().contains("#000004"), "nothing is known, nothing is drawn");
    }

    #[test]
    fn a_scale_ends_with_a_round_number() {
        assert_eq!([0.0, 0.3, 1.0, 1.1, 42.0, 501.0, 1_000.0].map(|most| nice(most, 0.0)), [1.0, 0.5, 1.0, 2.0, 50.0, 1_000.0, 1_000.0]);
        assert_eq!((nice(0.0, 10.0), nice(f64::NAN, 2.0)), (10.0, 2.0));
    }
}
