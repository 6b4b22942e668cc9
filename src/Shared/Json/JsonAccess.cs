using System.Globalization;

namespace PruneTasks.Json;

/// <summary>Typed access for contracts. A value of the wrong kind is an error with its member name and position.</summary>
internal static class JsonAccess
{
    /// <summary>The member, which must be there (it may be <c>null</c>).</summary>
    /// <exception cref="JsonReadException">No object, or no such member.</exception>
    public static JsonValue Require(this JsonValue value, string name)
    {
        if (value.Kind != JsonKind.Object)
            throw value.Error("expected an object");
        return value.Find(name) ?? throw value.Error($"member \"{name}\" is missing");
    }

    /// <summary>A string member.</summary>
    /// <exception cref="JsonReadException">Missing or not a string.</exception>
    public static string RequireString(this JsonValue value, string name) => value.Require(name).AsString(name);

    /// <summary>A string member; null when missing or <c>null</c>.</summary>
    /// <exception cref="JsonReadException">Something else than a string.</exception>
    public static string? FindString(this JsonValue value, string name) =>
        value.Find(name) is { Kind: not JsonKind.Null } member ? member.AsString(name) : null;

    /// <summary>An object member; null when missing or <c>null</c>.</summary>
    /// <exception cref="JsonReadException">Something else than an object.</exception>
    public static JsonValue? FindObject(this JsonValue value, string name)
    {
        if (value.Find(name) is not { Kind: not JsonKind.Null } member)
            return null;
        return member.Kind == JsonKind.Object ? member : throw member.Error($"\"{name}\" must be an object");
    }

    /// <summary>An array member; null when missing or <c>null</c>.</summary>
    /// <exception cref="JsonReadException">Something else than an array.</exception>
    public static JsonValue? FindArray(this JsonValue value, string name)
    {
        if (value.Find(name) is not { Kind: not JsonKind.Null } member)
            return null;
        return member.Kind == JsonKind.Array ? member : throw member.Error($"\"{name}\" must be an array");
    }

    /// <summary>An array member.</summary>
    /// <exception cref="JsonReadException">Missing or not an array.</exception>
    public static JsonValue RequireArray(this JsonValue value, string name) =>
        value.FindArray(name) ?? throw value.Error($"member \"{name}\" is missing");

    /// <summary>A bool member.</summary>
    /// <exception cref="JsonReadException">Missing or not a bool.</exception>
    public static bool RequireBool(this JsonValue value, string name)
    {
        JsonValue member = value.Require(name);
        return member.Kind == JsonKind.Bool ? member.Text == "true" : throw member.Error($"\"{name}\" must be true or false");
    }

    /// <summary>A member that is a whole number in the range of <see cref="long"/>.</summary>
    /// <exception cref="JsonReadException">Missing or not such a number.</exception>
    public static long RequireLong(this JsonValue value, string name) => value.Require(name).AsLong(name);

    /// <summary>A member that is a whole number in the range of <see cref="int"/>.</summary>
    /// <exception cref="JsonReadException">Missing or not such a number.</exception>
    public static int RequireInt(this JsonValue value, string name)
    {
        long number = value.RequireLong(name);
        return number is >= int.MinValue and <= int.MaxValue
            ? (int)number
            : throw value.Require(name).Error($"\"{name}\" is out of range");
    }

    /// <summary>A member that is a number.</summary>
    /// <exception cref="JsonReadException">Missing or not a number.</exception>
    public static double RequireDouble(this JsonValue value, string name) => value.Require(name).AsDouble(name);

    /// <summary>This value as a string; <paramref name="what"/> names it in the error.</summary>
    /// <exception cref="JsonReadException">Not a string.</exception>
    public static string AsString(this JsonValue value, string what) =>
        value.Kind == JsonKind.String ? value.Text : throw value.Error($"\"{what}\" must be a string");

    /// <summary>This value as a whole number.</summary>
    /// <exception cref="JsonReadException">Not a whole number in the range of <see cref="long"/>.</exception>
    public static long AsLong(this JsonValue value, string what)
    {
        if (value.Kind == JsonKind.Number
            && long.TryParse(value.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
        {
            return number;
        }

        throw value.Error($"\"{what}\" must be a whole number");
    }

    /// <summary>This value as a finite double.</summary>
    /// <exception cref="JsonReadException">Not a number, or beyond the range of a double.</exception>
    public static double AsDouble(this JsonValue value, string what)
    {
        if (value.Kind == JsonKind.Number
            && double.TryParse(value.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            && !double.IsInfinity(number))
        {
            return number;
        }

        throw value.Error($"\"{what}\" must be a number");
    }

    /// <summary>An error at this value's position.</summary>
    public static JsonReadException Error(this JsonValue value, string problem) => new(problem, value.Line, value.Column);

    /// <summary>The contract's version, which must be <paramref name="newest"/> or older.</summary>
    /// <exception cref="JsonReadException">Missing, no whole number, below 1, or newer.</exception>
    public static int RequireVersion(this JsonValue value, int newest)
    {
        long version = value.RequireLong("version");
        if (version >= 1 && version <= newest)
            return (int)version;
        throw value.Require("version").Error(
            $"version {version.ToString(CultureInfo.InvariantCulture)} is not known; this tool reads 1 to {newest}");
    }
}
