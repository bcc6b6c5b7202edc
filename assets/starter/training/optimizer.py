"""Muon for the matrices inside the network, AdamW for embeddings and norms.

Muon (Jordan et al. 2024) takes the momentum's nearest semi-orthogonal matrix as the step; scaled as in Moonlight (Liu et al. 2025,
arXiv 2502.16982), one learning rate serves both optimisers."""
import torch


def orthogonal(g):
    """Newton-Schulz, five steps, on a stack of matrices [N, rows, columns], rows <= columns."""
    x = g.bfloat16()
    x = x / (x.float().flatten(1).norm(dim=1)[:, None, None] + 1e-7).bfloat16()
    for _ in range(5):
        a = x @ x.transpose(1, 2)
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * (a @ a)) @ x
    return x.float()


class Muon(torch.optim.Optimizer):
    def __init__(self, params, lr, momentum=0.95, weight_decay=0.1):
        super().__init__(params, dict(lr=lr, momentum=momentum, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            shapes = {}
            for p in group['params']:
                if p.grad is not None:
                    shapes.setdefault(tuple(p.shape), []).append(p)
            for (rows, columns), same in shapes.items():
                steps = []
                for p in same:
                    b = self.state[p].setdefault('momentum', torch.zeros_like(p))
                    b.mul_(group['momentum']).add_(p.grad)
                    steps.append(p.grad.add(b, alpha=group['momentum']))
                g = torch.stack(steps)
                o = orthogonal(g.transpose(1, 2)).transpose(1, 2) if rows > columns else orthogonal(g)
                for p, u in zip(same, o):
                    p.mul_(1 - group['lr'] * group['weight_decay'])
                    p.add_(u, alpha=-group['lr'] * 0.2 * max(rows, columns) ** 0.5)


def optimizers(modules, lr):
    """[Muon, AdamW, AdamW without decay] for the parameters of all modules."""
    named = [(n, p) for m in modules for n, p in m.named_parameters()]
    inner = [p for n, p in named if p.dim() == 2 and n != 'emb.weight']
    table = [p for n, p in named if n == 'emb.weight']
    norms = [p for _, p in named if p.dim() < 2]
    return [Muon(inner, lr), torch.optim.AdamW([{'params': table, 'weight_decay': 0.1}, {'params': norms, 'weight_decay': 0.0}], lr=lr, betas=(0.9, 0.95))]
