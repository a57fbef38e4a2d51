//! A frozen weight on any device, as an operation that asks for no gradient of it.
//!
//! Candle's own product computes the gradient of both sides, needed or not: as many operations again as the gradient
//! that is needed, and memory as large as the weight.

use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, CudaStorage, CustomOp1, Layout, MetalStorage, Result, Shape, Storage, Tensor};

/// y = x Wᵀ, with x (rows, k) and y (rows, n).
#[derive(Clone)]
pub(super) struct Frozen {
    /// (n, k).
    weight: Tensor,
}

impl Frozen {
    pub fn new(weight: Tensor) -> Self {
        Self { weight }
    }

    pub fn product(&self, x: &Tensor) -> Result<Tensor> {
        x.apply_op1(self.clone())
    }
}

impl CustomOp1 for Frozen {
    fn name(&self) -> &'static str {
        "frozen_product"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (weight, at) = self.weight.storage_and_layout();
        match &*weight {
            Storage::Cpu(weight) => multiply(x, layout, weight, at),
            _ => candle_core::bail!("the weight is not in main memory"),
        }
    }

    fn cuda_fwd(&self, x: &CudaStorage, layout: &Layout) -> Result<(CudaStorage, Shape)> {
        let (weight, at) = self.weight.storage_and_layout();
        match &*weight {
            Storage::Cuda(weight) => multiply(x, layout, weight, at),
            _ => candle_core::bail!("the weight is not on the CUDA device"),
        }
    }

    fn metal_fwd(&self, x: &MetalStorage, layout: &Layout) -> Result<(MetalStorage, Shape)> {
        let (weight, at) = self.weight.storage_and_layout();
        match &*weight {
            Storage::Metal(weight) => multiply(x, layout, weight, at),
            _ => candle_core::bail!("the weight is not on the Metal device"),
        }
    }

    fn bwd(&self, _: &Tensor, _: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        dy.contiguous()?.matmul(&self.weight).map(Some)
    }
}

fn multiply<S: BackendStorage>(x: &S, layout: &Layout, weight: &S, at: &Layout) -> Result<(S, Shape)> {
    let ((rows, k), (n, _)) = (layout.shape().dims2()?, at.shape().dims2()?);
    Ok((x.matmul(weight, (1, rows, n, k), layout, &at.transpose(0, 1)?)?, Shape::from((rows, n))))
}
