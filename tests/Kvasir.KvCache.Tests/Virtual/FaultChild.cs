using System.Runtime.CompilerServices;

namespace Kvasir.KvCache.Tests.Virtual;

/// <summary>What the test assembly does when a test starts it as a program: it touches a shared range and ends.</summary>
internal static class FaultChild
{
    public const string Variable = "KVASIR_FAULT_CHILD";
    public const string Read = "read";
    public const string Write = "write";
    public const string Ready = "ready";

#pragma warning disable CA2255 // the assembly is a program here, started by a test
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static unsafe void Run()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { } what)
            return;
        using var pool = VirtualKvTableTests.Pool(shared: true, slots: 8);
        var reader = AliasTests.SharePrefix(pool)[^1];
        var row = reader.RowTarget(0, 0);
        var value = Volatile.Read(ref *row.Slice);
        Console.Out.WriteLine(Ready);
        Console.Out.Flush();
        if (what == Write)
            Volatile.Write(ref *row.Slice, (byte)(value + 1));
        Environment.Exit(0);
    }
}
