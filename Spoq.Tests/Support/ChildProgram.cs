using Spoq.Tests.Ai.Metering;
using Spoq.Tests.Ai.Metering.Ledger;
using Spoq.Tests.Instances.Providers;

namespace Spoq.Tests.Support;

/// <summary>The tests' own program, for what must happen in a process that is killed: <c>dotnet exec Spoq.Tests.dll NAME …</c>.</summary>
internal static class ChildProgram
{
    public static Task<int> Main(string[] args) => args switch
    {
        [SpoolWriter.Name, var folder, var database] => SpoolWriter.RunAsync(folder, database),
        [VendorNode.Name] => VendorNode.RunAsync(),
        [LedgerProgram.Name] => LedgerProgram.RunAsync(),
        _ => Task.FromResult(0),
    };
}
