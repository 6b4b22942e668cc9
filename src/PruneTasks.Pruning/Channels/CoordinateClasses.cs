using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>Why coordinates have to stay.</summary>
internal sealed record Pin(RefusalReason Reason, Node? Node, string Detail);

/// <summary>An axis of a value, as a range of coordinates in <see cref="CoordinateClasses"/>.</summary>
/// <param name="Start">Its first coordinate; -1 if the axis is not followed (its size varies, is 1, or is huge), which counts as pinned.</param>
/// <param name="Size">Number of coordinates; 0 where it varies.</param>
internal readonly record struct AxisRange(int Start, int Size)
{
    /// <summary>Its coordinates are in the classes.</summary>
    public bool IsFollowed => Start >= 0;
}

/// <summary>
/// Which coordinates of which axes have to go together, and which have to stay: a union-find (Tarjan 1975, path halving) over coordinates.
/// The representative of a class is its first coordinate, so the outcome does not depend on the order of unions.
/// </summary>
internal sealed class CoordinateClasses
{
    private readonly List<int> _parent = [];
    private readonly List<int> _pin = []; // 0 at a representative: free; else 1 + index in _pins.
    private readonly List<Pin> _pins = [];

    /// <summary>Number of coordinates.</summary>
    public int Count => _parent.Count;

    /// <summary>Adds an axis.</summary>
    public AxisRange Add(int size)
    {
        int start = _parent.Count;
        for (int i = 0; i < size; i++)
        {
            _parent.Add(start + i);
            _pin.Add(0);
        }
        return new AxisRange(start, size);
    }

    /// <summary>The representative of a coordinate's class.</summary>
    public int Find(int coordinate)
    {
        while (_parent[coordinate] != coordinate)
        {
            _parent[coordinate] = _parent[_parent[coordinate]];
            coordinate = _parent[coordinate];
        }
        return coordinate;
    }

    /// <summary>The two go together. Of two reasons to stay the one that was found first is kept.</summary>
    public void Unite(int a, int b)
    {
        (a, b) = (Find(a), Find(b));
        if (a == b) return;
        if (a > b) (a, b) = (b, a);
        _parent[b] = a;
        _pin[a] = _pin[a] == 0 ? _pin[b] : _pin[b] == 0 ? _pin[a] : Math.Min(_pin[a], _pin[b]);
    }

    /// <summary>Registers a reason to stay, for <see cref="Hold"/>.</summary>
    public int Reason(Pin pin)
    {
        _pins.Add(pin);
        return _pins.Count;
    }

    /// <summary>The coordinate has to stay.</summary>
    public void Hold(int coordinate, int reason)
    {
        int root = Find(coordinate);
        if (_pin[root] == 0 || _pin[root] > reason) _pin[root] = reason;
    }

    /// <summary>Why the coordinate has to stay; <see langword="null"/> if it may go.</summary>
    public Pin? PinOf(int coordinate) => _pin[Find(coordinate)] is > 0 and var pin ? _pins[pin - 1] : null;

    /// <summary>The coordinate may go.</summary>
    public bool IsFree(int coordinate) => _pin[Find(coordinate)] == 0;

    /// <summary>How many coordinates of an axis may go.</summary>
    public int FreeOf(AxisRange axis)
    {
        int free = 0;
        for (int i = 0; axis.IsFollowed && i < axis.Size; i++)
            if (IsFree(axis.Start + i)) free++;
        return free;
    }

    /// <summary>Whether any coordinate of an axis may go.</summary>
    public bool HasFree(AxisRange axis)
    {
        for (int i = 0; axis.IsFollowed && i < axis.Size; i++)
            if (IsFree(axis.Start + i)) return true;
        return false;
    }
}
