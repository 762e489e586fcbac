"""Lets compiled code read `live.seq[row, i]` where `live` is a bundle of many arrays, for one pointer.

Passing dozens of arrays to each compiled function costs more than most of these functions do, and takes
minutes to compile. A bundle is passed as the address of a table instead: for each array where its data
lie and its shape. The table does not change while the bundle lives, so the loads are marked invariant.
"""

# numba's interface for extensions and llvmlite carry no types.
# mypy: disable-error-code="no-untyped-call,untyped-decorator,import-untyped,override,misc,no-any-return"
from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import numba
import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.datamodel import models, register_default
from numba.core.imputils import lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import NativeValue, typeof_impl, unbox
from numba.np.arrayobj import make_array, populate_array

Array = npt.NDArray[Any]
Spec = tuple[tuple[str, np.dtype[Any], int], ...]
ENTRY = 6  # words of the table per array: address, then up to five extents


class BundleType(types.Type):
    """The type of a bundle in compiled code; `spec` names its arrays with dtype and dimensions."""

    def __init__(self, name: str, spec: Spec) -> None:
        self.spec = spec
        self.at = {field[0]: i for i, field in enumerate(spec)}
        super().__init__(name=f"{name}{tuple((n, str(d), k) for n, d, k in spec)}")

    def array(self, name: str) -> Any:
        """The numba type of one of its arrays."""
        _, dtype, dimensions = self.spec[self.at[name]]
        return types.Array(numba.from_dtype(dtype), dimensions, "C")


@register_default(BundleType)
class _BundleModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: BundleType) -> None:
        super().__init__(manager, kind, ir.IntType(64).as_pointer())


@infer_getattr
class _BundleAttributes(AttributeTemplate):
    key = BundleType

    def generic_resolve(self, kind: BundleType, name: str) -> Any:
        return kind.array(name) if name in kind.at else None


@lower_getattr_generic(BundleType)
def _load_array(context: Any, builder: Any, kind: BundleType, table: Any, name: str) -> Any:
    array_type = kind.array(name)
    words = [_word(builder, table, kind.at[name] * ENTRY + i) for i in range(1 + array_type.ndim)]
    array = make_array(array_type)(context, builder)
    item_size = context.get_abi_sizeof(context.get_data_type(array_type.dtype))
    shape, strides = words[1:], [context.get_constant(types.intp, item_size)]
    for extent in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], extent))
    populate_array(
        array,
        data=builder.inttoptr(words[0], context.get_data_type(array_type.dtype).as_pointer()),
        shape=cgutils.pack_array(builder, shape),
        strides=cgutils.pack_array(builder, strides),
        itemsize=context.get_constant(types.intp, item_size),
        meminfo=None,
    )
    return array._getvalue()


def _word(builder: Any, table: Any, i: int) -> Any:
    word = builder.load(builder.gep(table, [ir.Constant(ir.IntType(64), i)]))
    word.set_metadata("invariant.load", builder.module.add_metadata([]))
    return word


@unbox(BundleType)
def _unbox(kind: BundleType, bundle: Any, c: Any) -> Any:
    address = c.pyapi.object_getattr_string(bundle, "address")
    number = c.pyapi.long_as_longlong(address)
    c.pyapi.decref(address)
    return NativeValue(c.builder.inttoptr(number, ir.IntType(64).as_pointer()))


class Bundle:
    """Base of the dataclasses of arrays that compiled functions take as one argument."""

    compiled_type: ClassVar[BundleType]

    def __post_init__(self) -> None:
        spec = self.compiled_type.spec
        table = np.zeros((len(spec), ENTRY), np.int64)
        for i, (name, dtype, dimensions) in enumerate(spec):
            array = getattr(self, name)
            if array.dtype != dtype or array.ndim != dimensions or not array.flags.c_contiguous:
                array = np.ascontiguousarray(array.reshape(array.shape[:dimensions]), dtype)
                setattr(self, name, array)
            table[i, 0] = array.ctypes.data
            table[i, 1 : 1 + dimensions] = array.shape
        self.table = table  # keeps it alive
        self.address = int(table.ctypes.data)


Made = TypeVar("Made", bound=Bundle)


def bundle(spec: dict[str, tuple[Any, int]]) -> Callable[[type[Made]], type[Made]]:
    """Decorator of a dataclass of arrays, with (dtype, dimensions) by field, that compiled code can take."""

    def decorate(cls: type[Made]) -> type[Made]:
        fields = tuple((name, np.dtype(dtype), dimensions) for name, (dtype, dimensions) in spec.items())
        cls.compiled_type = BundleType(cls.__name__, fields)
        typeof_impl.register(cls)(lambda value, context: value.compiled_type)
        return cls

    return decorate
