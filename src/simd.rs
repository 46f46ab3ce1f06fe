//! Plain loops over slices, compiled once per instruction set and chosen at run time.
//!
//! What such loops add up does not depend on the width of the registers as long as every sum is written as a fixed number
//! of partial sums: products and sums are not contracted.

/// Runs `f` compiled for the widest instruction set available. Whatever `f` calls must be
/// `#[inline(always)]` to profit, `f` itself included: write `wide(#[inline(always)] || …)`.
#[inline(always)]
pub(crate) fn wide<R>(f: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(f)
}
