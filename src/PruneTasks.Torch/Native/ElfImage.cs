using System.Buffers.Binary;
using System.Text;

namespace PruneTasks.Torch.Native;

/// <summary>A section header of an ELF64 file. Source: System V ABI, chapter 4, "Sections".</summary>
internal sealed record ElfSection(int Index, uint Type, int Offset, int Size, int Link, int Info, int EntrySize);

/// <summary>Bounds-checked little-endian view of an x86-64 ELF64 shared object.</summary>
/// <remarks>Every read outside the file ends in <see cref="BridgePatchException"/>, never in a wrong answer.</remarks>
internal sealed class ElfImage
{
    internal const uint DynamicSymbols = 11, VersionNeeds = 0x6ffffffe, SymbolVersions = 0x6fffffff, RelocationsWithAddend = 4;
    private const int HeaderSize = 64, SectionHeaderSize = 64;

    internal ElfImage(byte[] bytes)
    {
        Bytes = bytes;
        Require(bytes.Length >= HeaderSize && bytes.AsSpan(0, 4).SequenceEqual("\u007fELF"u8), "not an ELF file");
        Require(bytes[4] == 2 && bytes[5] == 1, "not a 64-bit little-endian ELF file");
        Require(U16(16) == 3, "not a shared object");
        Require(U16(18) == 62, "not for x86-64");
        Require(U16(58) == SectionHeaderSize, "unexpected size of a section header");
        int table = Offset(U64(40)), count = U16(60);
        var sections = new ElfSection[count];
        for (int i = 0; i < count; i++)
        {
            int at = table + i * SectionHeaderSize;
            // A section without bytes in the file (SHT_NOBITS, 8) may claim any size.
            uint type = U32(at + 4);
            int size = type == 8 ? 0 : Offset(U64(at + 32));
            int offset = Offset(U64(at + 24));
            Require(type == 8 || (long)offset + size <= bytes.Length, $"section {i} reaches past the end of the file");
            sections[i] = new ElfSection(i, type, offset, size, (int)U32(at + 40), (int)U32(at + 44), Offset(U64(at + 56)));
        }
        Sections = sections;
    }

    internal byte[] Bytes { get; }

    internal IReadOnlyList<ElfSection> Sections { get; }

    internal ElfSection Only(uint type, string name)
    {
        ElfSection[] found = [.. Sections.Where(s => s.Type == type)];
        Require(found.Length == 1, $"{found.Length} sections of kind {name}, one expected");
        return found[0];
    }

    internal ElfSection Linked(ElfSection section)
    {
        Require(section.Link > 0 && section.Link < Sections.Count, $"section {section.Index} links to no section");
        return Sections[section.Link];
    }

    internal ushort U16(int at) => BinaryPrimitives.ReadUInt16LittleEndian(Slice(at, 2));

    internal uint U32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(Slice(at, 4));

    internal ulong U64(int at) => BinaryPrimitives.ReadUInt64LittleEndian(Slice(at, 8));

    internal string Text(ElfSection strings, uint offset)
    {
        Require(offset < strings.Size, "a name lies outside its string table");
        Span<byte> rest = Bytes.AsSpan(strings.Offset + (int)offset, strings.Size - (int)offset);
        int end = rest.IndexOf((byte)0);
        Require(end >= 0, "a name has no end");
        return Encoding.UTF8.GetString(rest[..end]);
    }

    internal static void Require(bool condition, string otherwise)
    {
        if (!condition) throw new BridgePatchException(otherwise);
    }

    private static int Offset(ulong value)
    {
        Require(value <= int.MaxValue, "an offset is larger than the file can be");
        return (int)value;
    }

    private Span<byte> Slice(int at, int length)
    {
        Require(at >= 0 && (long)at + length <= Bytes.Length, "an offset lies outside the file");
        return Bytes.AsSpan(at, length);
    }
}
