"""How the checks run a Classifier: in the real Trainer, where your code runs.

Each function gets your module first and returns raw numbers; what they should be is worked out elsewhere.
`weights` lists the weight and the bias of each layer. They are put into the parameters of the same shape,
whatever those are called and whether or not they are registered; shapes that no parameter has are told
as "missing". Nothing that is returned depends on names, or on what is drawn at random.
"""

import logging
import warnings
from typing import Any

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset

for _name in ("pytorch_lightning", "lightning_fabric", "lightning"):
    logging.getLogger(_name).setLevel(logging.ERROR)


def all_parameters(model: torch.nn.Module) -> list[torch.nn.Parameter]:
    """The registered parameters, and those of layers in plain lists, which are not."""
    found = list(model.parameters())
    for value in vars(model).values():
        for layer in value if isinstance(value, (list, tuple)) else ():
            if isinstance(layer, torch.nn.Module):
                found += layer.parameters()
    return found


class Parts:
    """The parameters of a model, in the order of `weights`."""

    def __init__(self, model: torch.nn.Module, weights: list[torch.Tensor]) -> None:
        free = all_parameters(model)
        self.parameters: list[torch.nn.Parameter] = []
        self.missing: list[tuple[int, ...]] = []
        for weight in weights:
            found = next((i for i, one in enumerate(free) if one.shape == weight.shape), None)
            if found is None:
                self.missing.append(tuple(weight.shape))
            else:
                self.parameters.append(free.pop(found))
        self.write(weights)

    def write(self, weights: list[torch.Tensor]) -> None:
        """Give the parameters these values."""
        if not self.missing:
            with torch.no_grad():
                for parameter, weight in zip(self.parameters, weights, strict=True):
                    parameter.copy_(weight)

    def read(self) -> list[torch.Tensor]:
        """Copies of their values."""
        return [parameter.detach().clone() for parameter in self.parameters]

    def gradients(self) -> list[torch.Tensor | None]:
        """Copies of their gradients; None where there is none."""
        return [None if one.grad is None else one.grad.detach().clone() for one in self.parameters]


def trainer(device: str, callback: pl.Callback | None = None, epochs: int = 1) -> pl.Trainer:
    """A Trainer that writes nothing and says nothing."""
    warnings.simplefilter("ignore")
    return pl.Trainer(
        accelerator=device,
        devices=1,
        max_epochs=epochs,
        callbacks=[] if callback is None else [callback],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )


def loader(x: torch.Tensor, y: torch.Tensor, batch_size: int) -> DataLoader[Any]:
    """Batches in the given order; the last one holds what is left."""
    return DataLoader(TensorDataset(x, y), batch_size=batch_size)


def parameters(module: Any, sizes: list[int]) -> list[tuple[Any, ...]]:
    """(shape, dtype, whether it wants a gradient, whether it is drawn) of each registered parameter, sorted.

    Drawn are numbers that are finite and not all the same; a bias may start at 0.
    """
    model = module.Classifier(sizes=sizes)
    return sorted(
        (tuple(p.shape), str(p.dtype), p.requires_grad, p.ndim < 2 or drawn(p.detach()))
        for p in model.parameters()
    )


def drawn(numbers: torch.Tensor) -> bool:
    """Whether the numbers are finite and not all the same."""
    return bool(numbers.isfinite().all() and (numbers != numbers.flatten()[0]).any())


def seeds(module: Any, sizes: list[int], one: int, other: int) -> dict[str, Any]:
    """Of three models, made after the seeds one, one and other: are the initial parameters the same?

    "shapes"; "same": by how much the first two differ; "other": whether weights of the third are others.
    """
    made = []
    for seed in (one, one, other):
        pl.seed_everything(seed, verbose=False)
        model = module.Classifier(sizes=sizes)
        made.append(sorted(all_parameters(model), key=lambda parameter: tuple(parameter.shape)))
    with torch.no_grad():
        same = [float((a - b).abs().max()) for a, b in zip(made[0], made[1], strict=True)]
        pairs = zip(made[0], made[2], strict=True)
        differ = [bool((a != b).any()) for a, b in pairs if a.ndim > 1]  # biases may start at 0
    return {"shapes": [tuple(parameter.shape) for parameter in made[0]], "same": same, "other": differ}


def logits(
    module: Any,
    sizes: list[int],
    weights: list[torch.Tensor],
    x: torch.Tensor,
    dropout: float = 0.0,
    training: bool = False,
    times: int = 1,
) -> dict[str, Any]:
    """What the model says to x, several times, in training or in evaluation mode."""
    model = module.Classifier(sizes=sizes, dropout=dropout)
    parts = Parts(model, weights)
    if parts.missing:
        return {"missing": parts.missing}
    model.train(training)
    with torch.no_grad():
        return {"logits": [model(x) for _ in range(times)]}


def dropped(
    module: Any, sizes: list[int], weights: list[torch.Tensor], x: torch.Tensor, dropout: float
) -> dict[str, Any]:
    """Which different logits there are in training mode, the most frequent first; the rows of x are equal."""
    told = logits(module, sizes, weights, x, dropout, training=True)
    if "missing" in told:
        return told
    rows, counts = torch.unique(told["logits"][0], dim=0, return_counts=True)
    return {"rows": rows[counts.argsort(descending=True, stable=True)]}


def reloaded(module: Any, sizes: list[int], weights: list[torch.Tensor], x: torch.Tensor) -> dict[str, Any]:
    """What a second model says to x after it was given the state_dict of a first one with these weights."""
    first = module.Classifier(sizes=sizes)
    parts = Parts(first, weights)
    if parts.missing:
        return {"missing": parts.missing}
    second = module.Classifier(sizes=sizes)
    second.load_state_dict(first.state_dict())
    with torch.no_grad():
        return {"logits": second.eval()(x)}


def loss(
    module: Any, sizes: list[int], weights: list[torch.Tensor], x: torch.Tensor, y: torch.Tensor
) -> dict[str, Any]:
    """What training_step returns for one batch, called without a Trainer; of a dict its "loss"."""
    warnings.simplefilter("ignore")
    model = module.Classifier(sizes=sizes)
    parts = Parts(model, weights)
    if parts.missing:
        return {"missing": parts.missing}
    returned = model.training_step((x, y), 0)
    return {"loss": returned["loss"] if isinstance(returned, dict) and "loss" in returned else returned}


class Recorder(pl.Callback):
    """Takes down the gradients of the first step, and the optimiser."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.gradients: list[torch.Tensor | None] | None = None
        self.optimizer: dict[str, Any] = {}

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """What configure_optimizers has returned."""
        groups = [group for optimizer in trainer.optimizers for group in optimizer.param_groups]
        self.optimizer = {
            "shapes": sorted(tuple(p.shape) for group in groups for p in group["params"]),
            "lr": sorted({float(group["lr"]) for group in groups}),
        }

    def on_after_backward(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Gradients of the first batch."""
        if self.gradients is None:
            self.gradients = self.parts.gradients()


def train(
    module: Any,
    sizes: list[int],
    weights: list[torch.Tensor],
    x: torch.Tensor,
    y: torch.Tensor,
    batch_size: int,
    lr: float = 0.1,
    device: str = "cpu",
) -> dict[str, Any]:
    """One epoch: the first batch's gradients, the weights at the end, what the optimiser holds."""
    model = module.Classifier(sizes=sizes, lr=lr)
    parts = Parts(model, weights)
    if parts.missing:
        return {"missing": parts.missing}
    recorder = Recorder(parts)
    trainer(device, recorder).fit(model, loader(x, y, batch_size))
    return {
        "gradients": recorder.gradients,
        "weights": parts.read(),
        "optimizer": recorder.optimizer,
    }


def logged(trainer: pl.Trainer) -> dict[str, torch.Tensor]:
    """The metrics that were asked for, as far as they were logged."""
    names = ("val_loss", "val_acc", "test_loss", "test_acc")
    return {name: value.clone() for name, value in trainer.callback_metrics.items() if name in names}


def history(model: Any) -> list[dict[str, Any]] | None:
    """The history, each value as (its type, its number in float32); None if it is no list of dicts."""
    found = getattr(model, "history", None)
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        return None
    return [{str(name): _typed(value) for name, value in entry.items()} for entry in found]


def _typed(value: Any) -> tuple[str, torch.Tensor | None]:
    if isinstance(value, (int, float)):
        return "float" if isinstance(value, float) else "int", torch.tensor(float(value))
    number = isinstance(value, torch.Tensor) and value.numel() == 1
    return type(value).__name__, torch.tensor(value.item()) if number else None


def evaluate(
    module: Any,
    sizes: list[int],
    weights: list[torch.Tensor],
    x: torch.Tensor,
    y: torch.Tensor,
    batch_size: int,
    stage: str = "validate",
    dropout: float = 0.0,
    device: str = "cpu",
) -> dict[str, Any]:
    """What was logged by `Trainer.validate` or `Trainer.test`."""
    model = module.Classifier(sizes=sizes, dropout=dropout)
    parts = Parts(model, weights)
    if parts.missing:
        return {"missing": parts.missing}
    runner = trainer(device)
    getattr(runner, stage)(model, loader(x, y, batch_size), verbose=False)
    return {"metrics": logged(runner)}


class Switch(pl.Callback):
    """Gives the model other weights before each validation, and takes down what is logged in it."""

    def __init__(self, parts: Parts, states: list[list[torch.Tensor]]) -> None:
        self.parts = parts
        self.states = list(states)
        self.metrics: list[dict[str, Any]] = []

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """The next weights."""
        self.parts.write(self.states[len(self.metrics)])

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """What has been logged so far."""
        self.metrics.append(logged(trainer))


def epochs(
    module: Any,
    sizes: list[int],
    states: list[list[torch.Tensor]],
    x: torch.Tensor,
    y: torch.Tensor,
    batch_size: int,
    device: str = "cpu",
) -> dict[str, Any]:
    """As many epochs as there are states, with a validation each: what was logged, and the history.

    Nothing is trained: the weights are those of the states.
    """
    model = module.Classifier(sizes=sizes)
    parts = Parts(model, states[0])
    if parts.missing:
        return {"missing": parts.missing}
    model.training_step = lambda batch, batch_idx: None  # nothing to do, says the Trainer
    switch = Switch(parts, states)
    batches = loader(x, y, batch_size)
    trainer(device, switch, len(states)).fit(model, batches, batches)
    return {"metrics": switch.metrics, "history": history(model)}


def runs(
    module: Any,
    sizes: list[int],
    weights: list[torch.Tensor],
    x: torch.Tensor,
    y: torch.Tensor,
    batch_size: int,
    first_process: bool = True,
    device: str = "cpu",
) -> dict[str, Any]:
    """The history after each of two runs of one model, as on the first process of a machine or on another."""
    model = module.Classifier(sizes=sizes)
    parts = Parts(model, weights)
    if parts.missing:
        return {"missing": parts.missing}
    if not first_process:
        model.prepare_data = lambda: None  # is called on the first process alone
    histories = []
    for _ in range(2):
        trainer(device).validate(model, loader(x, y, batch_size), verbose=False)
        histories.append(history(model) or [])
    return {"histories": histories}


class Modes(pl.Callback):
    """Takes down the mode in which each step ends."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def _note(self, step: str, model: pl.LightningModule) -> None:
        self.seen.append(f"{step} in {'training' if model.training else 'evaluation'} mode")

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: Any) -> None:
        """After training_step, backward and the optimiser's step."""
        self._note("training_step", pl_module)

    def on_validation_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: Any) -> None:
        """After validation_step."""
        self._note("validation_step", pl_module)

    def on_test_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: Any) -> None:
        """After test_step."""
        self._note("test_step", pl_module)


def modes(
    module: Any, sizes: list[int], x: torch.Tensor, y: torch.Tensor, batch_size: int, device: str = "cpu"
) -> dict[str, Any]:
    """Each step of an epoch with its validation, and of a test, with the mode of the model.

    "steps"; "trained": whether the epoch changed the parameters, and left them finite.
    """
    model = module.Classifier(sizes=sizes, dropout=0.5)
    noted = Modes()
    runner = trainer(device, noted)
    batches = loader(x, y, batch_size)
    before = [parameter.detach().clone() for parameter in all_parameters(model)]
    runner.fit(model, batches, batches)
    after = [parameter.detach() for parameter in all_parameters(model)]
    runner.test(model, batches, verbose=False)
    changed = any(bool((a != b).any()) for a, b in zip(before, after, strict=True))
    return {"steps": noted.seen, "trained": changed and all(bool(b.isfinite().all()) for b in after)}
