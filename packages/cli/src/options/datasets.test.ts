import { describe, expect, it } from 'vitest'
import { datasetsAsked } from './datasets.ts'

const datasets = [
  { name: 'CIFAR-100', data: 'a', epochs: 1 },
  { name: 'SVHN', data: 'b' },
]

describe('datasetsAsked', () => {
  it('takes those that are named, from their places', () => {
    expect(datasetsAsked(datasets)).toEqual(datasets)
    expect(datasetsAsked(datasets, 'SVHN=/x')).toEqual([{ name: 'SVHN', data: '/x' }])
    expect(datasetsAsked(datasets, 'SVHN=x,y,CIFAR-100=pets:/p=1').map(({ data }) => data)).toEqual([
      'pets:/p=1',
      'x,y',
    ])
  })

  it('refuses other text and names', () => {
    expect(() => datasetsAsked(datasets, '/x')).toThrow('Say which lies where, such as CIFAR-100=PLACE.')
    expect(() => datasetsAsked(datasets, 'CIFAR100=/x')).toThrow(
      'unknown dataset CIFAR100 in --data. Did you mean CIFAR-100?',
    )
  })
})
