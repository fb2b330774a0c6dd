import {
  add,
  exp,
  logSoftmax,
  mul,
  neg,
  reduceMean,
  reduceSum,
  stopGradient,
  sub,
  type Tensor,
} from '@dynamic-tuning/engine'

/** Mean over images of -sum(target ln p). logits: [B, K]; targets: [B, K], rows summing to 1 (one-hot, smoothed or mixed). */
export function crossEntropy(logits: Tensor, targets: Tensor): Tensor {
  return neg(reduceMean(reduceSum(mul(targets, logSoftmax(logits)), { axes: [1] })))
}

/**
 * KL(teacher || student), summed over classes and averaged over images, no temperature; the teacher takes no gradient.
 * teacher, student: logits [B, K].
 */
export function distillation(teacher: Tensor, student: Tensor): Tensor {
  const target = logSoftmax(stopGradient(teacher))
  const difference = sub(target, logSoftmax(student))
  return reduceMean(reduceSum(mul(exp(target), difference), { axes: [1] }))
}

/**
 * (mean M - r)^2 over images, gates and patch tokens alone (Eq. 7): the mean of the gates' own means, so that where stages
 * have different numbers of tokens the mean stands for the share of MLPs that is computed. rates: those means, [D].
 */
export function rateLoss(rates: Tensor, rate: number): Tensor {
  const distance = add(reduceMean(rates), -rate)
  return mul(distance, distance)
}
