using Spoq.Tests.Accounts;
using Spoq.Tests.Ai;
using Spoq.Tests.Ai.Budgets;
using Spoq.Tests.Instances;
using Spoq.Tests.Instances.Containers;
using Spoq.Tests.Instances.Providers;
using Spoq.Tests.Instances.Provisioning;
using Spoq.Tests.Shell;
using Spoq.Tests.Stories;
using Spoq.Tests.Support;
using Xunit.Abstractions;

[assembly: TestCollectionOrderer("Spoq.Tests.Support." + nameof(LongestFirst), "Spoq.Tests")]

namespace Spoq.Tests.Support;

/// <summary>
/// Begins with what takes longest, so that the short ones fill up the end: otherwise the order is another in each run, and one that
/// begins last makes the run minutes longer while nothing else is left to do.
/// </summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    /// <summary>Classes that took more than half a minute, the longest first.</summary>
    private static readonly List<string> s_long =
    [
        EngineTests.Name,
        .. new[]
        {
            typeof(OwnServerStory), typeof(KillStory), typeof(PaymentStory), typeof(Instances.Kit.InstallTests), typeof(Cli.SignInTests),
            typeof(OfflineStory), typeof(PathTests), typeof(BodyTests), typeof(AdminStory), typeof(CloudApiTests),
            typeof(EveryInstantTests), typeof(AccountStory), typeof(HandleStory), typeof(TwoNodesTests), typeof(AiKeyTests),
            typeof(ApiFuzzTests), typeof(CommandLineStory), typeof(SignUpToReadyStory), typeof(ConnectStory), typeof(Cli.SyncCommandTests),
            typeof(Foreign.DeviceGrantForeignTests), typeof(AwayTests), typeof(ResizeStory), typeof(TwoProcessesStory), typeof(VendorKillStory),
            typeof(LedgerTests),
        }.Select(one => one.FullName!),
    ];

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) => testCollections.OrderBy(Place);

    /// <summary>A class that belongs to no other collection is one by itself, and its name ends as the class's.</summary>
    private static int Place(ITestCollection collection) => s_long.FindIndex(name => collection.DisplayName.EndsWith(name, StringComparison.Ordinal)) is >= 0 and var at ? at : s_long.Count;
}
