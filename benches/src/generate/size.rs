//! How large a generated account is.

/// How much there is of what. Numbers are per account, or per region where they say so; what cannot do without another
/// (a VPC without its default security group) brings it along.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::Args)]
pub struct Size {
    /// Regions that are enabled: 1 to 17.
    #[arg(long, default_value_t = 3)]
    pub regions: usize,
    /// IAM users.
    #[arg(long, default_value_t = 40)]
    pub users: usize,
    /// IAM groups; at least 1.
    #[arg(long, default_value_t = 6)]
    pub groups: usize,
    /// IAM roles; at least 2: the one for AWS Support and the one of instances.
    #[arg(long, default_value_t = 30)]
    pub roles: usize,
    /// Managed policies of the account's own; at least 1.
    #[arg(long, default_value_t = 20)]
    pub policies: usize,
    /// Managed policies that are attached and not in the list of them, as when they are made during the scan.
    #[arg(long, default_value_t = 2)]
    pub unlisted_policies: usize,
    /// Server certificates in IAM.
    #[arg(long, default_value_t = 4)]
    pub certificates: usize,
    /// S3 buckets; at least one for each trail.
    #[arg(long, default_value_t = 30)]
    pub buckets: usize,
    /// Trails beside the one that records everything; every second one covers all regions, the others one.
    #[arg(long, default_value_t = 6)]
    pub trails: usize,
    /// Security groups, per region, default groups among them; at least one for each VPC.
    #[arg(long, default_value_t = 25)]
    pub security_groups: usize,
    /// Prefix lists of the account's own, per region, each named by a rule of a security group.
    #[arg(long, default_value_t = 2)]
    pub prefix_lists: usize,
    /// VPCs, per region; each with a main route table and a flow log. At least 1.
    #[arg(long, default_value_t = 3)]
    pub vpcs: usize,
    /// Network ACLs, per region.
    #[arg(long, default_value_t = 6)]
    pub network_acls: usize,
    /// Route tables beside the main ones, per region.
    #[arg(long, default_value_t = 4)]
    pub route_tables: usize,
    /// VPC peering connections, per region.
    #[arg(long, default_value_t = 1)]
    pub peerings: usize,
    /// EC2 instances, per region.
    #[arg(long, default_value_t = 12)]
    pub instances: usize,
    /// RDS instances that are in no cluster, per region.
    #[arg(long, default_value_t = 5)]
    pub db_instances: usize,
    /// Aurora clusters, per region, each with two instances.
    #[arg(long, default_value_t = 1)]
    pub db_clusters: usize,
    /// EFS file systems, per region.
    #[arg(long, default_value_t = 3)]
    pub file_systems: usize,
    /// KMS keys, per region; every fourth is AWS's.
    #[arg(long, default_value_t = 8)]
    pub keys: usize,
    /// Metric filters in the log group of the main trail beside those that the benchmark asks for.
    #[arg(long, default_value_t = 5)]
    pub filters: usize,
    /// CloudWatch alarms, per region, beside those that the benchmark asks for; every tenth is a composite one.
    #[arg(long, default_value_t = 20)]
    pub alarms: usize,
}

impl Size {
    /// An account of a few hundred resources: what the program makes where nothing is said.
    pub const SMALL: Self = Self {
        regions: 3,
        users: 40,
        groups: 6,
        roles: 30,
        policies: 20,
        unlisted_policies: 2,
        certificates: 4,
        buckets: 30,
        trails: 6,
        security_groups: 25,
        prefix_lists: 2,
        vpcs: 3,
        network_acls: 6,
        route_tables: 4,
        peerings: 1,
        instances: 12,
        db_instances: 5,
        db_clusters: 1,
        file_systems: 3,
        keys: 8,
        filters: 5,
        alarms: 20,
    };

    /// An account of some ten thousand resources.
    pub const MEDIUM: Self = Self {
        regions: 17,
        users: 600,
        groups: 40,
        roles: 900,
        policies: 250,
        unlisted_policies: 5,
        certificates: 20,
        buckets: 400,
        trails: 10,
        security_groups: 260,
        prefix_lists: 3,
        vpcs: 8,
        network_acls: 20,
        route_tables: 40,
        peerings: 4,
        instances: 150,
        db_instances: 30,
        db_clusters: 4,
        file_systems: 12,
        keys: 40,
        filters: 60,
        alarms: 130,
    };

    /// A large account: 5,000 users, 10,000 roles, 2,000 buckets, 17 regions with 1,000 security groups each.
    pub const LARGE: Self = Self {
        regions: 17,
        users: 5_000,
        groups: 100,
        roles: 10_000,
        policies: 1_500,
        unlisted_policies: 10,
        certificates: 50,
        buckets: 2_000,
        trails: 12,
        security_groups: 1_000,
        prefix_lists: 4,
        vpcs: 20,
        network_acls: 40,
        route_tables: 120,
        peerings: 10,
        instances: 1_000,
        db_instances: 120,
        db_clusters: 20,
        file_systems: 40,
        keys: 120,
        filters: 60,
        alarms: 500,
    };

    /// The account that everything is designed for: 5,000 users, 10,000 roles, 20,000 buckets, 17 regions with 10,000 security
    /// groups each.
    pub const DESIGN: Self = Self { buckets: 20_000, security_groups: 10_000, ..Self::LARGE };

    /// The same mixture, of about so many resources. Regions stay, and what AWS's quotas keep small whatever the account:
    /// trails, and the filters of one log group.
    #[must_use]
    pub fn of_about(self, resources: usize) -> Self {
        let whole = self.resources().max(1);
        let share = |number: usize| (number * resources).div_ceil(whole);
        Self {
            regions: self.regions,
            users: share(self.users),
            groups: share(self.groups),
            roles: share(self.roles),
            policies: share(self.policies),
            unlisted_policies: share(self.unlisted_policies),
            certificates: share(self.certificates),
            buckets: share(self.buckets),
            trails: self.trails,
            security_groups: share(self.security_groups),
            prefix_lists: share(self.prefix_lists),
            vpcs: share(self.vpcs),
            network_acls: share(self.network_acls),
            route_tables: share(self.route_tables),
            peerings: share(self.peerings),
            instances: share(self.instances),
            db_instances: share(self.db_instances),
            db_clusters: share(self.db_clusters),
            file_systems: share(self.file_systems),
            keys: share(self.keys),
            filters: self.filters,
            alarms: share(self.alarms),
        }
    }

    /// How many resources there are, all regions together.
    pub fn resources(&self) -> usize {
        let of_account = self.users
            + self.groups
            + self.roles
            + self.policies
            + self.unlisted_policies
            + self.certificates
            + self.buckets
            + self.trails
            + self.filters;
        let of_region = self.security_groups
            + self.prefix_lists
            + self.vpcs
            + self.network_acls
            + self.vpcs
            + self.route_tables
            + self.peerings
            + self.instances
            + self.db_instances
            + 3 * self.db_clusters
            + self.file_systems
            + self.keys
            + self.alarms;
        of_account + self.regions * of_region
    }

    /// With what cannot be left out.
    #[must_use]
    pub(super) fn with_the_least(mut self) -> Self {
        self.regions = self.regions.clamp(1, super::REGIONS.len());
        self.groups = self.groups.max(1);
        self.roles = self.roles.max(2);
        self.policies = self.policies.max(1);
        self.vpcs = self.vpcs.max(1);
        self.buckets = self.buckets.max(1 + self.trails);
        // The default groups, and one that rules can be put in.
        self.security_groups = self.security_groups.max(self.vpcs + 1);
        self
    }
}

impl Default for Size {
    fn default() -> Self {
        Self::SMALL
    }
}
