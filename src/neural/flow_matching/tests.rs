#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn a_constant_velocity_is_followed_exactly_and_heun_is_better_on_a_curve() {
    let follow = |solver, velocity: &dyn Fn(&[f32], f32) -> Vec<f32>| {
        let params = FlowMatchingParams { solver, solver_steps: 8, ..FlowMatchingParams::default() };
        let mut x = [1.0f32];
        params.solve(&mut x, &mut [], 1.0, velocity);
        x[0]
    };
    for solver in [Solver::Euler, Solver::Heun] {
        assert!((follow(solver, &|_, _| vec![2.0]) - 3.0).abs() < 1e-6);
    }
    // dx/dt = x from 1 reaches e; Euler's rule (1 + 1/8)⁸, Heun's (1 + 1/8 + 1/128)⁸.
    let growth: &dyn Fn(&[f32], f32) -> Vec<f32> = &|x, _| x.to_vec();
    assert!((follow(Solver::Euler, growth) - 1.125_f32.powi(8)).abs() < 1e-5);
    assert!((follow(Solver::Heun, growth) - 1.132_812_5_f32.powi(8)).abs() < 1e-5);
}
